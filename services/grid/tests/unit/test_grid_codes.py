import pytest
from linli_grid.errors import BadGridCode
from linli_grid.territory.domain import check_grid_code, community_of

COMMUNITY = "110101001001"


@pytest.mark.parametrize(("digits", "code"), [(2, COMMUNITY + "01"), (3, COMMUNITY + "001")])
def test_a_grid_code_names_its_community(digits, code):
    assert check_grid_code(code, digits, {COMMUNITY}) == COMMUNITY == community_of(code)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (COMMUNITY + "01", "has 15 digits here"),
        (COMMUNITY + "0001", "has 15 digits here"),
        (COMMUNITY + "0a1", "has 15 digits here"),
        (COMMUNITY + "٠٠١", "has 15 digits here"),
        ("110101001", "has 15 digits here"),
        ("110101001002001", "Community 110101001002 is not registered"),
    ],
)
def test_a_grid_code_against_the_rules_is_refused(code, why):
    with pytest.raises(BadGridCode, match=why):
        check_grid_code(code, 3, {COMMUNITY})
