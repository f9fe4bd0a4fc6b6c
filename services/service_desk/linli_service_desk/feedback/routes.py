"""The routes for residents, open to everybody who has a tracking code."""

from __future__ import annotations

from linli_chassis.http import PUBLIC, RequestContext, Scope, route

from linli_service_desk.feedback import commands, queries, schemas
from linli_service_desk.feedback.domain import GiveFeedback, TrackedCase


class Feedback:
    """Following a case, and the verdict."""

    @route(
        "GET",
        "/tracking/<code>",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        response=schemas.Tracking,
        summary="Follow a case",
    )
    def track(self, context: RequestContext[object]) -> TrackedCase:
        """How the case of a tracking code stands; no account is needed."""
        return queries.track(context.uow, context.path["code"], context.locale)

    @route(
        "POST",
        "/feedback",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        body=schemas.FeedbackBody,
        response=schemas.Tracking,
        summary="Say how it went",
    )
    def give_feedback(self, context: RequestContext[GiveFeedback]) -> TrackedCase:
        """The resident's verdict on a closed case, once for each closing; it may ask to reopen."""
        case = commands.give_feedback(context.uow, context.input)
        return queries.tracked(context.uow, case, context.locale)
