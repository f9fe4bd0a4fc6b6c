from datetime import UTC, datetime, timedelta

import pytest
from linli_grid.history.domain import HistoricRequest, check_times, history_id
from linli_kernel.errors import Invalid

NOW = datetime(2024, 5, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def historic(registered_at, ended_at):
    return HistoricRequest(
        external_ref="1-1",
        category="environment.noise",
        channel="hotline",
        longitude=None,
        latitude=None,
        coordinate_system="wgs84",
        registered_at=registered_at,
        outcome="closed",
        ended_at=ended_at,
        reason=None,
    )


def test_the_id_of_a_historic_request_follows_from_where_it_comes_and_nothing_else_has_it():
    assert history_id("110101", "la311", "1-1") == history_id("110101", "la311", "1-1")
    others = [
        ("110102", "la311", "1-1"),
        ("110101", "la31", "11-1"),
        ("110101", "a/b", "c"),
        ("110101", "a", "b/c"),
    ]
    assert (
        len({history_id("110101", "la311", "1-1"), *(history_id(*other) for other in others)}) == 5
    )


@pytest.mark.parametrize(
    ("registered_at", "ended_at", "pointer"),
    [
        (NOW + HOUR, None, "/registered_at"),
        (NOW - HOUR, NOW + HOUR, "/ended_at"),
        (NOW - HOUR, NOW - 2 * HOUR, "/ended_at"),
    ],
)
def test_history_neither_lies_in_the_future_nor_ends_before_it_begins(
    registered_at, ended_at, pointer
):
    with pytest.raises(Invalid) as refused:
        check_times(historic(registered_at, ended_at), NOW)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("ended_at", [None, NOW])
def test_history_that_happened_is_taken(ended_at):
    check_times(historic(NOW, ended_at), NOW)
