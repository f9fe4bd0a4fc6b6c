"""What a subscriber asks for, as keys of the broker."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_client.events.names import Wanted, check_name
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.registry import event_types

EXACT = [entry.name for entry in event_types()]
PATTERNS = sorted({".".join(name.split(".")[:end]) + ".*" for name in EXACT for end in (1, 2, 3)})
subsets = st.lists(st.sampled_from(EXACT + PATTERNS), min_size=1, max_size=4)


def topic_matches(key: str, routing_key: str) -> bool:
    """As a topic exchange matches, for keys whose only wildcard is a last `#`."""
    words, granted_words = key.split("."), routing_key.split(".")
    if words[-1] == "#":
        return granted_words[: len(words) - 1] == words[:-1]
    return words == granted_words


@given(subsets, st.sampled_from(event_types()), st.sampled_from(["110101", "110102"]))
def test_the_keys_bound_bring_exactly_what_is_wanted(
    types: list[str], published: object, district: str
) -> None:
    wanted = Wanted.of(types, "110101")
    key = published.routing_key(district)  # type: ignore[attr-defined]
    assert wanted.matches(key) == any(topic_matches(bound, key) for bound in wanted.keys)
    assert wanted.matches(key) == (
        district == "110101"
        and any(
            re.fullmatch(one.replace(".", r"\.").replace("*", ".*"), published.name)
            for one in types
        )  # type: ignore[attr-defined]
    )


def test_one_type_a_schema_and_all_of_a_service_are_keys() -> None:
    types = [
        "linli.service_desk.case_closed.v1",
        GridDrawn,
        "linli.evaluation.*",
        "linli.grid.request_registered.*",
    ]
    assert Wanted.of(types, "110101").keys == (
        "110101.service_desk.case_closed.v1",
        "110101.grid.grid_drawn.v1",
        "110101.evaluation.#",
        "110101.grid.request_registered.#",
    )


@pytest.mark.parametrize("everything", ["*", "#", "linli.*", ["linli.grid.*", "#"]])
def test_everything_has_many_names_and_one_key(everything: str | list[str]) -> None:
    wanted = Wanted.of(everything, "110101")
    assert wanted.everything
    assert wanted.keys == ("110101.#",)


@pytest.mark.parametrize(
    "types",
    [
        "linli.gird.*",
        "linli.grid.grid_drawn.v9",
        "linli.grid.grid_drawn",
        "linli.grid.grid*",
        "linli.*.grid_drawn.v1",
        "110101.#",
        "",
        [],
    ],
)
def test_what_is_no_type_is_refused_before_anything_is_asked_of_the_broker(
    types: str | list[str],
) -> None:
    with pytest.raises(ValueError, match="type"):
        Wanted.of(types, "110101")


def test_the_beginning_of_a_name_is_not_taken_for_the_name() -> None:
    assert not Wanted.of("linli.grid.*", "110101").matches("110101.gridlock.grid_drawn.v1")
    assert not Wanted.of("linli.grid.grid_drawn.v1", "110101").matches("110101.grid.grid_drawn.v10")


@pytest.mark.parametrize("district", ["11010", "1101011", "dongcheng", "110101.#"])
def test_a_district_has_six_digits(district: str) -> None:
    with pytest.raises(ValueError, match="district"):
        Wanted.of("*", district)


@pytest.mark.parametrize("name", ["", "a.log", "Smart City", "-a", "a" * 51, "城"])
def test_a_name_that_could_mean_another_queue_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        check_name(name)
