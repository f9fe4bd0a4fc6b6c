from __future__ import annotations

from collections import Counter

import pytest
from linli_demo.district import FILES, sample_folder
from linli_demo.plan import load_plans

PLANS = load_plans(sample_folder() / "requests.csv")


def test_the_first_plan_goes_all_the_way() -> None:
    first = PLANS[0]
    assert (first.on_arrival, first.provider, first.check) == ("verify", "accept", "pass")
    assert first.rating is not None


def test_every_plan_can_be_played() -> None:
    keys = {plan.key for plan in PLANS}
    assert len(keys) == len(PLANS)
    assert {plan.on_arrival for plan in PLANS} == {"verify", "reject", "resolve_on_spot", "link"}
    for plan in PLANS:
        assert plan.on_arrival != "reject" or plan.reason
        assert plan.on_arrival != "link" or plan.original in keys
        if plan.on_arrival == "verify":
            assert plan.provider in ("accept", "decline_once", "return_once")
            assert plan.check in ("pass", "rework_once")


def test_personal_data_is_sent_with_consent_only() -> None:
    for plan in PLANS:
        assert ("contact" not in plan.request and "groups" not in plan.request) or plan.request[
            "consent"
        ] is True


def test_every_kind_of_arrival_is_played() -> None:
    assert min(Counter(plan.on_arrival for plan in PLANS).values()) >= 5


@pytest.mark.parametrize("name", [file for file, _ in FILES.values()])
def test_the_files_of_the_sample_are_there(name: str) -> None:
    assert (sample_folder() / name).is_file()
