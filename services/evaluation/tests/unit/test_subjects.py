"""What is scored, by the form of its code, and what lies above it."""

from __future__ import annotations

import pytest
from linli_evaluation.sources import LEVELS, level_of, lineage, parent_of

UNIT = "00000000-0000-4000-8000-0000000000aa"
SUBJECTS = {
    "110101": "district",
    "110101001": "subdistrict",
    "110101001001": "community",
    "11010100100101": "grid",
    "110101001001001": "grid",
    UNIT: "unit",
}


@pytest.mark.parametrize(("subject", "level"), SUBJECTS.items())
def test_the_level_of_a_subject_is_known_by_its_code(subject: str, level: str) -> None:
    assert level_of(subject) == level


@pytest.mark.parametrize(
    "subject", ["", "1101", "nowhere", "1101010010010011", "１１０１０１", UNIT.upper(), "110101\n"]
)
def test_what_is_neither_region_nor_unit_has_no_level(subject: str) -> None:
    assert level_of(subject) is None


def test_values_are_shrunk_towards_the_region_above_and_those_of_units_towards_the_district() -> (
    None
):
    assert [parent_of(subject, level_of(subject) or "unit", "110101") for subject in SUBJECTS] == [
        None,
        "110101",
        "110101001",
        "110101001001",
        "110101001001",
        "110101",
    ]


def test_every_level_leads_up_to_the_district() -> None:
    assert {level: lineage(level)[0] for level in LEVELS} == dict.fromkeys(LEVELS, "district")
    assert lineage("grid") == ("district", "subdistrict", "community", "grid")
