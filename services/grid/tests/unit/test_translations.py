from uuid import UUID

import pytest
from linli_chassis.http.problems import domain_problem
from linli_chassis.i18n import CONTEXT, catalogue, translate
from linli_grid.domain.errors import DutyTaken, GridError, TransitionRefused
from linli_grid.domain.requests import STATUSES, TRANSITIONS, check_link, decide
from linli_grid.domain.workers import DUTIES, Assignment, assign
from linli_grid.geometry import read_area
from linli_grid.handlers.answers import loaded_text, stored_text

HOLDER = UUID(int=1)


def told(error):
    """A refusal as the client reads it, in English and in Chinese."""
    problem = domain_problem(error, {GridError: 409})
    return translate(problem.detail, "en"), translate(problem.detail, "zh")


def test_a_refused_action_is_told_in_codes_in_english_and_in_words_in_chinese():
    with pytest.raises(TransitionRefused) as refused:
        decide("resolved_on_spot", "verify")
    assert told(refused.value) == (
        "The request is resolved_on_spot; this can be done only while it is registered.",
        "该诉求当前为“已现场办结”；只有“已登记、待核实”的诉求才能这样处理。",
    )


def test_a_request_that_nobody_works_on_is_told_by_its_state_in_words():
    with pytest.raises(TransitionRefused) as refused:
        check_link(UUID(int=1), UUID(int=2), "rejected", None)
    assert told(refused.value)[1] == "该诉求当前为“不予受理”，已无人办理。"


def test_a_duty_that_is_taken_is_named_in_words():
    with pytest.raises(DutyTaken) as refused:
        assign([Assignment(HOLDER, "full_time")], UUID(int=2), "full_time")
    assert told(refused.value) == (
        f"Worker {HOLDER} is the full_time worker of this grid; relieve that one first.",
        f"本网格的专职网格员已由 {HOLDER} 担任；请先解除其职责。",
    )


def test_a_repair_is_told_in_words_also_when_it_comes_from_the_database():
    spike = [
        [116.4, 39.9],
        [116.41, 39.9],
        [116.41, 39.91],
        [116.41, 39.92],
        [116.41, 39.91],
        [116.4, 39.91],
    ]
    read = read_area({"type": "Polygon", "coordinates": [[*spike, spike[0]]]})
    note = loaded_text(stored_text(read.repair))
    assert translate(note, "en").startswith("Repaired: Ring Self-intersection at 116.41")
    assert translate(note, "zh").startswith("已修复：环自相交，位于 116.41")


def test_every_status_and_duty_has_its_chinese_word():
    needed = {("status", status) for status in STATUSES}
    needed |= {("allowed", status) for status, _ in TRANSITIONS}
    needed |= {("duty", duty) for duty in DUTIES}
    assert not {pair for pair in needed if CONTEXT.join(pair) not in catalogue("zh")}
