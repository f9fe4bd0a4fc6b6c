import re
from itertools import product

import pytest
from linli_chassis.http.problems import domain_problem
from linli_chassis.i18n import translate
from linli_devkit.catalogues import CONTEXT, catalogue
from linli_service_desk.cases.domain.case import State
from linli_service_desk.cases.domain.states import CASE_STATES
from linli_service_desk.errors import TransitionRefused

LATIN = re.compile("[A-Za-z]")


def refusal(case, action, context):
    """A refusal as the client reads it, in English and in Chinese."""
    with pytest.raises(TransitionRefused) as refused:
        CASE_STATES.take(case, action, context())
    problem = domain_problem(refused.value)
    return translate(problem.detail, "en"), translate(problem.detail, "zh")


def test_a_refused_step_is_reported_in_codes_in_english_and_in_words_in_chinese(new_case, context):
    english, chinese = refusal(new_case(State.DISPATCHED), "resolve", context)
    assert english == (
        "A case that is dispatched does not allow resolve (wrong_step). "
        "Possible now: accept, decline, return, extend, escalate, cancel."
    )
    assert chinese == (
        "案卷当前为“已派遣、待接单”，不能执行“处理反馈”：当前步骤没有这一操作。"
        "现在可以执行：接单、拒单、退回、延期、升级、注销。"
    )


@pytest.mark.parametrize(
    ("known", "action"),
    [
        ({"state": State.CANCELLED}, "reopen"),
        ({"state": State.CLOSED}, "reopen"),
        ({"state": State.HANDLING, "extended": True}, "extend"),
        ({"state": State.SUSPENDED, "level": "district"}, "escalate"),
    ],
)
def test_every_reason_to_refuse_a_step_is_in_chinese_words(known, action, new_case, context):
    _, chinese = refusal(new_case(**known), action, context)
    assert not LATIN.search(chinese)


def test_every_state_and_action_has_its_chinese_word():
    chinese = catalogue("zh")
    needed = {("state", state.value) for state in State}
    needed |= set(product(("action", "possible"), CASE_STATES.actions))
    assert not {pair for pair in needed if CONTEXT.join(pair) not in chinese}
    for action in CASE_STATES.actions:
        assert chinese[f"action{CONTEXT}{action}"] == chinese[f"possible{CONTEXT}{action}"]
