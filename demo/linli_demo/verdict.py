"""Whether everything arrived: what must hold after the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linli.base.i18n import t
from linli_client import Caller

from linli_demo.actors import Play
from linli_demo.district import DemoPlatform
from linli_demo.story import fact_of

EVALUATOR = Caller("evaluator")


@dataclass(frozen=True)
class Finding:
    """One thing that must hold, and what was found."""

    ok: bool
    text: str


def findings(platform: DemoPlatform, story: Play, plays: Sequence[Play]) -> list[Finding]:
    """Look at evaluation's facts and at every inbox."""
    registered = {play.request_id for play in plays}
    facts = {
        str(fact["request_id"])
        for fact in platform.client.pages("evaluation", "/facts", caller=EVALUATOR)
    }
    dead = sum(one.inbox_dead for one in platform.operations.statuses())
    return [
        Finding(
            registered == facts,
            t(
                "{facts} facts for {requests} requests registered",
                facts=len(facts),
                requests=len(registered),
            ),
        ),
        Finding(
            fact_of(platform, story.request_id) is not None or story.plan.rating is None,
            t("the request of the story is a rated fact"),
        ),
        Finding(dead == 0, t("{count} dead events", count=dead)),
    ]
