from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.errors import DutyTaken
from linli_grid.staffing.domain import (
    DUTIES,
    HELD_BY_ONE,
    Assignment,
    DutyChange,
    Staff,
    assign,
)

ONE, TWO = UUID(int=1), UUID(int=2)


def staff(*workers):
    return Staff("110101001001001", workers)


def test_a_second_full_time_worker_is_refused_naming_the_first():
    with pytest.raises(DutyTaken, match=str(ONE)):
        assign(staff(Assignment(ONE, "full_time")), TWO, "full_time")


def test_a_worker_who_changes_duty_lays_the_old_one_down():
    changes = assign(staff(Assignment(ONE, "deputy")), ONE, "full_time")
    assert changes == [
        DutyChange(ONE, "deputy", active=False),
        DutyChange(ONE, "full_time", active=True),
    ]


workers = st.builds(UUID, int=st.integers(1, 4))


@given(st.lists(st.tuples(workers, st.sampled_from(DUTIES)), max_size=30))
def test_however_duties_are_given_nobody_shares_one_that_is_held_by_one(asked):
    duties: dict[UUID, str] = {}
    for worker_id, duty in asked:
        now = staff(*(Assignment(w, d) for w, d in duties.items()))
        try:
            changes = assign(now, worker_id, duty)
        except DutyTaken:
            continue
        assert bool(changes) == (duties.get(worker_id) != duty)
        for change in changes:
            if change.active:
                duties[change.worker_id] = change.duty
            else:
                assert duties.pop(change.worker_id) == change.duty
        assert all(list(duties.values()).count(held) <= 1 for held in HELD_BY_ONE)


def test_a_grid_without_a_full_time_worker_falls_to_its_deputy():
    deputy, other = Assignment(ONE, "deputy"), Assignment(TWO, "part_time")
    assert staff(other, deputy).responsible_worker_id == ONE
    assert staff(deputy, Assignment(TWO, "full_time")).responsible_worker_id == TWO
    assert staff(other).responsible_worker_id is None
