"""Region codes: what is one, and how codes contain one another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_kernel.codes import DIGITS, GRID_DIGITS, InvalidRegionCode, Level, RegionCode
from linli_kernel.errors import Invalid

DISTRICT, SUBDISTRICT, COMMUNITY = "110101", "110101001", "110101001001"
GRID = "11010100100101"
LENGTHS = (*DIGITS.values(), *GRID_DIGITS)

codes = st.sampled_from(LENGTHS).flatmap(
    lambda digits: st.text("0123456789", min_size=digits, max_size=digits)
)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (DISTRICT, Level.DISTRICT),
        (SUBDISTRICT, Level.SUBDISTRICT),
        (COMMUNITY, Level.COMMUNITY),
        (GRID, Level.GRID),
        (GRID + "9", Level.GRID),
    ],
)
def test_the_length_of_a_code_says_its_level(text: str, level: Level) -> None:
    assert RegionCode(text).level is level


@pytest.mark.parametrize(
    "text", ["", "11010", "1101010", GRID + "99", "11010a", "１１０１０１", "110101\n"]
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidRegionCode) as refusal:
        RegionCode(text)
    assert isinstance(refusal.value, Invalid)
    assert refusal.value.params == {"code": text}


@given(text=codes)
def test_a_code_is_the_string_it_was_made_of(text: str) -> None:
    code = RegionCode(text)
    assert code == text
    assert hash(code) == hash(text)
    assert RegionCode(code) == code


@given(text=codes)
def test_the_lineage_leads_from_the_district_down_to_the_code(text: str) -> None:
    lineage = RegionCode(text).lineage
    assert lineage[0] == RegionCode(text).district == text[:6]
    assert lineage[-1] == text
    assert [code.level for code in lineage] == list(Level)[: len(lineage)]
    assert all(above.covers(below) for above, below in pairwise(lineage))


@given(text=codes)
def test_the_parent_is_the_last_of_the_lineage_before_the_code(text: str) -> None:
    code = RegionCode(text)
    above = code.lineage[:-1]
    assert code.parent == (above[-1] if above else None)
    assert (code.parent is None) == (code.level is Level.DISTRICT)


@given(text=codes, level=st.sampled_from(Level))
def test_at_a_level_stands_the_one_of_the_lineage_or_nothing(text: str, level: Level) -> None:
    code = RegionCode(text)
    assert code.at(level) == next((each for each in code.lineage if each.level is level), None)


@given(one=codes, other=codes)
def test_a_code_covers_itself_and_those_below_it_and_no_others(one: str, other: str) -> None:
    assert RegionCode(one).covers(one)
    assert RegionCode(one).covers(other) == other.startswith(one)
    assert all(above.covers(one) for above in RegionCode(one).lineage)


def test_nothing_covers_what_has_no_region() -> None:
    assert not RegionCode(DISTRICT).covers(None)
