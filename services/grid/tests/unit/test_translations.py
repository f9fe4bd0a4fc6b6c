import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from linli_chassis.http.problems import domain_problem
from linli_chassis.i18n import current_locale, translate
from linli_devkit.catalogues import CONTEXT, catalogue
from linli_grid.errors import DutyTaken, TransitionRefused
from linli_grid.geometry.engine.polygons import read_shape, repair
from linli_grid.requests.domain import REQUEST_STATES, STATUSES, check_link, take
from linli_grid.staffing.domain import DUTIES, Assignment, Staff, assign
from linli_grid.territory.schemas import RepairedItem
from linli_grid.territory.tables import RepairColumn
from sqlalchemy.dialects.postgresql.psycopg2 import dialect

from .factories import request

HOLDER = UUID(int=1)


def texts_of(error):
    """A refusal as the client reads it, in English and in Chinese."""
    problem = domain_problem(error)
    return translate(problem.detail, "en"), translate(problem.detail, "zh")


def test_a_refused_action_is_explained_in_codes_in_english_and_in_words_in_chinese():
    with pytest.raises(TransitionRefused) as refused:
        take(request(status="resolved_on_spot"), "verify", {"dispatcher"}, datetime.now(UTC))
    assert texts_of(refused.value) == (
        "The request is resolved_on_spot; this can be done only while it is registered.",
        "该诉求当前为“已现场办结”；只有“已登记、待核实”的诉求才能这样处理。",
    )


def test_a_request_that_nobody_works_on_is_explained_by_its_state_in_words():
    with pytest.raises(TransitionRefused) as refused:
        check_link(request(1), request(2, "rejected"))
    assert texts_of(refused.value)[1] == "该诉求当前为“不予受理”，已无人办理。"


def test_a_duty_that_is_taken_is_named_in_words():
    staff = Staff("110101001001001", [Assignment(HOLDER, "full_time")])
    with pytest.raises(DutyTaken) as refused:
        assign(staff, UUID(int=2), "full_time")
    assert texts_of(refused.value) == (
        f"Worker {HOLDER} is the full_time worker of this grid; relieve that one first.",
        f"本网格的专职网格员已由 {HOLDER} 担任；请先解除其职责。",
    )


def test_a_repair_is_described_in_words_also_when_it_comes_from_the_database():
    spike = [
        [116.4, 39.9],
        [116.41, 39.9],
        [116.41, 39.91],
        [116.41, 39.92],
        [116.41, 39.91],
        [116.4, 39.91],
    ]
    read = repair(read_shape({"type": "Polygon", "coordinates": [[*spike, spike[0]]]}))
    column, postgresql = RepairColumn(), dialect()
    stored = column.process_bind_param(read.repair, postgresql)
    assert set(stored) == {"template", "params"}
    loaded = column.process_result_value(json.loads(json.dumps(stored)), postgresql)
    assert in_words(loaded, "en").startswith("Repaired: Ring Self-intersection at 116.41")
    assert in_words(loaded, "zh").startswith("已修复：环自相交，位于 116.41")


def in_words(repair, locale):
    token = current_locale.set(locale)
    try:
        return RepairedItem().dump({"index": 0, "repair": repair})["detail"]
    finally:
        current_locale.reset(token)


def test_every_status_and_duty_has_its_chinese_word():
    needed = {("state", status) for status in STATUSES}
    needed |= {("allowed", status) for status, _ in REQUEST_STATES.transitions}
    needed |= {("duty", duty) for duty in DUTIES}
    assert not {pair for pair in needed if CONTEXT.join(pair) not in catalogue("zh")}
