"""A service with a real socket, event loop and database, run as a process by the HTTP tests."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from typing import Any  # noqa: E402

import sqlalchemy as sa  # noqa: E402
from linli_chassis.http import (  # noqa: E402  # noqa: E402
    PUBLIC,
    BodySchema,
    Problem,
    RequestContext,
    ResponseSchema,
    Scope,
    body,
    route,
    server,
)
from linli_chassis.observability import logs  # noqa: E402
from linli_chassis.process.runtime import serve  # noqa: E402
from linli_chassis.settings import Settings  # noqa: E402
from marshmallow import fields  # noqa: E402

server.HEAD_SECONDS = body.BODY_SECONDS = 1.0


@dataclass(frozen=True)
class NewThing:
    """A thing to keep; `seconds` is how long keeping it takes."""

    name: str
    seconds: float


class Thing(BodySchema):
    """The body of a thing to keep."""

    makes = NewThing

    name = fields.String(required=True)
    seconds = fields.Float(load_default=0)


class StoredThing(ResponseSchema):
    """A thing that was kept."""

    number = fields.Integer(required=True)
    name = fields.String(required=True)


class Probe:
    """Keeps things in the table `thing`."""

    name = "grid"
    settings = Settings

    @route(
        "POST",
        "/things",
        roles=("resident",),
        scope=Scope.DISTRICT,
        body=Thing,
        response=StoredThing,
        status=201,
        summary="Keep a thing",
    )
    def keep(self, context: RequestContext[NewThing]) -> Any:
        """Write first, then take time, as a real command may."""
        insert = sa.text("INSERT INTO thing (name) VALUES (:name) RETURNING number")
        number = context.uow.connection.execute(insert, {"name": context.input.name}).scalar_one()
        eventlet.sleep(context.input.seconds)
        if context.input.name == "refused":
            raise Problem(409, "refused", "Not this one.")
        return {"number": number, "name": context.input.name}

    @route(
        "POST",
        "/wishes",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        body=Thing,
        response=StoredThing,
        status=201,
        summary="Wish for a thing",
    )
    def wish(self, context: RequestContext[NewThing]) -> Any:
        """Keep what anybody wishes for."""
        return self.keep(context)

    @route("GET", "/count", roles=PUBLIC, scope=Scope.PUBLIC, summary="How many things there are")
    def count(self, context: RequestContext[Any]) -> Any:
        """Count them."""
        return {
            "things": context.uow.connection.execute(
                sa.text("SELECT count(*) FROM thing")
            ).scalar_one()
        }


if __name__ == "__main__":
    logs.configure(Probe.name)
    serve(Probe, os.environ)
