"""Division codes take apart and put together again."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_organization.domain.errors import BadRegionCode, ForeignDistrict
from linli_organization.domain.regions import Division, below, parse, prefixes

districts = st.from_regex(r"[0-9]{6}", fullmatch=True)
subdistricts = st.integers(1, 399)
communities = st.integers(1, 999)
divisions = st.one_of(
    st.builds(Division, districts),
    st.builds(Division, districts, subdistricts),
    st.builds(Division, districts, subdistricts, communities),
)


@given(divisions)
def test_a_division_survives_being_written_and_read(division):
    assert parse(str(division)) == division


@given(
    st.from_regex(
        r"[0-9]{6}((00[1-9]|0[1-9][0-9]|[123][0-9]{2})(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})?)?",
        fullmatch=True,
    )
)
def test_a_code_survives_being_read_and_written(code):
    assert str(parse(code)) == code


@given(st.text(max_size=16))
def test_any_text_is_a_code_or_is_refused(text):
    with suppress(BadRegionCode):
        assert str(parse(text)) == text


@given(divisions)
def test_the_parent_is_one_level_up_and_leads_to_the_district(division):
    chain = [str(division)]
    while (parent := parse(chain[-1]).parent_code) is not None:
        chain.append(parent)
    assert chain[-1] == division.district
    assert prefixes(str(division)) == list(reversed(chain))


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
def test_the_number_tells_the_kind_and_the_length_the_level(code, kind, level):
    division = parse(code)
    assert (division.kind, division.level) == (kind, level)


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
        "11010100500a",
        "１１０１０１",
    ],
)
def test_codes_against_the_standard_are_refused(code):
    with pytest.raises(BadRegionCode):
        parse(code)


def test_a_community_without_a_subdistrict_is_refused():
    with pytest.raises(BadRegionCode):
        Division("110101", None, 1)


def test_a_code_of_another_district_is_refused():
    assert below("990101001", "990101").subdistrict == 1
    with pytest.raises(ForeignDistrict) as refusal:
        below("110102001", "110101")
    assert str(refusal.value) == "110102001 is not below the district 110101."
