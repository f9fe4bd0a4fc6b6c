"""Events of the resident's verdict."""

from __future__ import annotations

from marshmallow import validate

from linli_contracts.events.service_desk.cases import CaseEvent
from linli_contracts.fields import flag, integer
from linli_contracts.schema import event


@event(producer="service_desk", key="case_id")
class CaseRated(CaseEvent):
    """The resident said how it went. No answer is no score."""

    answered: bool = flag("Did somebody get in touch?", required=True)
    solved: bool = flag("Is the matter solved?", required=True)
    satisfaction: int | None = integer(
        required=True,
        allow_none=True,
        validate=validate.Range(1, 5),
        metadata={"description": "1 (not at all) to 5 (fully); null when not said."},
    )
