"""Division codes: which are valid, and what follows from them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_kernel.codes import RegionCode
from linli_organization.regions.domain import (
    BadRegionCode,
    ForeignDistrict,
    Region,
    RegisterRegion,
    division_code,
    region_of,
    with_parents,
)

codes = st.from_regex(
    r"[0-9]{6}((00[1-9]|0[1-9][0-9]|[123][0-9]{2})(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})?)?",
    fullmatch=True,
)


def division(code: str) -> Region:
    """The division of a code, registered in its own district."""
    return region_of(RegisterRegion(code, f"区划{code}"), code[:6])


@given(codes)
def test_a_code_survives_being_read_and_written(code):
    assert division_code(code) == code
    assert division(code).region_code == code


@given(st.text(max_size=16))
def test_any_text_is_a_code_or_is_refused(text):
    with suppress(BadRegionCode):
        assert division_code(text) == text


@given(codes)
def test_the_parent_is_one_level_up_and_leads_to_the_district(code):
    chain = [code]
    while (parent := division(chain[-1]).parent_code) is not None:
        chain.append(parent)
    assert chain[-1] == code[:6]
    assert list(RegionCode(code).lineage) == list(reversed(chain))


@pytest.mark.parametrize(
    ("code", "kind", "level"),
    [
        ("110101", None, "district"),
        ("110101005", "街道", "subdistrict"),
        ("110101099", "街道", "subdistrict"),
        ("110101100", "镇", "subdistrict"),
        ("110101199001", "镇", "community"),
        ("110101200", "乡", "subdistrict"),
        ("110101399999", "乡", "community"),
    ],
)
def test_the_number_gives_the_kind_and_the_length_the_level(code, kind, level):
    assert (division(code).kind, division(code).level) == (kind, level)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "11010",
        "1101010",
        "110101000",
        "110101400",
        "110101005000",
        "110101005001001",
        "11010100500101",
        "11010100500a",
        "１１０１０１",
    ],
)
def test_codes_against_the_standard_are_refused(code):
    with pytest.raises(BadRegionCode) as refusal:
        division_code(code)
    assert refusal.value.pointer == "/code"


def test_a_code_of_another_district_is_refused():
    assert region_of(RegisterRegion("990101001", "Downtown"), "990101").kind == "街道"
    with pytest.raises(ForeignDistrict) as refusal:
        region_of(RegisterRegion("110102001", "西城某街道"), "110101")
    assert str(refusal.value) == "110102001 is not below the district 110101."


def test_a_division_counts_with_its_parent_only():
    street, community = division("110101005"), division("110101005001")
    assert with_parents([community, street], {"110101"}) == {"110101", "110101005", "110101005001"}
    assert with_parents([community], {"110101"}) == {"110101"}
    assert with_parents([community, street], ()) == frozenset()
    assert with_parents([division("110101"), street], ()) == {"110101", "110101005"}
