"""Batches judge each item alone."""

import pytest
from linli_organization.domain.errors import GivenTwice, UnknownUnit
from linli_organization.handlers.batch import Batch


def refuse_odd(item):
    if item["n"] % 2:
        raise UnknownUnit("There is no unit {unit_ref}.", unit_ref=item["n"], pointer="/unit_ref")


def test_good_items_go_on_and_bad_ones_are_listed_in_their_order():
    refused_before = [{"index": 2, "pointer": "/items/2/n", "detail": "Not a number."}]
    batch = Batch([(0, {"n": 0}), (1, {"n": 1}), (3, {"n": 3}), (4, {"n": 4})], refused_before)
    batch.put(refuse_odd)
    assert batch.items == [{"n": 0}, {"n": 4}]
    answer = batch.answer(changed=1)
    assert (answer["accepted"], answer["unchanged"]) == (1, 1)
    assert [
        (item["index"], item["pointer"], str(item["detail"])) for item in answer["refused"]
    ] == [
        (1, "/items/1/unit_ref", "There is no unit 1."),
        (2, "/items/2/n", "Not a number."),
        (3, "/items/3/unit_ref", "There is no unit 3."),
    ]


def test_the_same_item_again_is_unchanged_and_another_of_its_key_is_refused():
    batch = Batch(
        list(
            enumerate(
                [{"k": "a", "v": 1}, {"k": "b", "v": 1}, {"k": "a", "v": 1}, {"k": "b", "v": 2}]
            )
        )
    )
    batch.only_once("k")
    assert batch.items == [{"k": "a", "v": 1}, {"k": "b", "v": 1}]
    answer = batch.answer(changed=2)
    assert answer["unchanged"] == 1
    assert [item["index"] for item in answer["refused"]] == [3]


def test_a_strict_batch_raises():
    with pytest.raises(UnknownUnit):
        Batch.of_one({"n": 1}).put(refuse_odd)
    with pytest.raises(GivenTwice):
        Batch([(0, {"k": 1, "v": 1}), (1, {"k": 1, "v": 2})], strict=True).only_once("k")
