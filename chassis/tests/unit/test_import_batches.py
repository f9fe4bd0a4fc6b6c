"""Batches judge each item alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from linli_chassis.http.imports import Batch, GivenTwice, Refusal
from linli_contracts.identity import Actor, Principal, Scope
from linli_kernel.errors import Invalid, NotAllowed


class Odd(Invalid):
    """An odd number."""

    message = "There is no unit {unit_ref}."
    pointer = "/unit_ref"


class Elsewhere(NotAllowed):
    """In another region."""

    message = "{region_code} is elsewhere."


@dataclass(frozen=True)
class Named:
    key: str
    value: int


def refuse_odd(number: int) -> None:
    if number % 2:
        raise Odd(unit_ref=number)


def named(item: Named) -> str:
    return item.key


def test_good_items_go_on_and_bad_ones_are_listed_in_their_order() -> None:
    refused_before = [Refusal(2, "/items/2/n", "Not a number.")]
    batch = Batch([(0, 0), (1, 1), (3, 3), (4, 4)], refused_before).check(refuse_odd)
    assert batch.items == [0, 4]
    result = batch.result(changed=1)
    assert (result.accepted, result.unchanged) == (1, 1)
    assert list(result.refused) == [
        Refusal(1, "/items/1/unit_ref", "There is no unit 1."),
        Refusal(2, "/items/2/n", "Not a number."),
        Refusal(3, "/items/3/unit_ref", "There is no unit 3."),
    ]


def test_the_same_item_again_is_unchanged_and_another_of_its_key_is_refused() -> None:
    items = [Named("a", 1), Named("b", 1), Named("a", 1), Named("b", 2)]
    batch = Batch(list(enumerate(items))).unique(named)
    assert batch.items == [Named("a", 1), Named("b", 1)]
    result = batch.result(changed=2)
    assert result.unchanged == 1
    assert [refusal.index for refusal in result.refused] == [3]


def test_a_rule_makes_another_item() -> None:
    batch = Batch([(0, 1), (1, 2)]).map(str)
    assert batch.items == ["1", "2"]


def region_worker() -> Actor:
    return Actor(Principal("w-1", frozenset({"operator"}), "110101001"), Scope.REGION)


def test_items_outside_the_region_of_the_actor_are_refused() -> None:
    batch = Batch(list(enumerate(["110101001002", "110101002001"])))
    within = batch.within(region_worker(), str, Elsewhere, "/code")
    assert within.items == ["110101001002"]
    assert list(within.result(1).refused) == [
        Refusal(1, "/items/1/code", "110101002001 is elsewhere.")
    ]


def test_a_batch_without_items_asks_for_the_scope_too() -> None:
    actor = region_worker()
    Batch[str]([], [Refusal(0, "/items/0/code", "Not a code.")]).within(
        actor, str, Elsewhere, "/code"
    )
    assert actor.scope_was_checked


def test_a_strict_batch_raises() -> None:
    with pytest.raises(Odd):
        Batch.of_one(1).check(refuse_odd)
    twice = Batch([(0, Named("a", 1)), (1, Named("a", 2))], strict=True)
    with pytest.raises(GivenTwice):
        twice.unique(named)
