"""A service with a real socket, event loop and database: run as a process of its own by the HTTP
tests.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
from typing import Any  # noqa: E402

import sqlalchemy as sa  # noqa: E402
from linli_chassis.http import PUBLIC, BodySchema, Problem, RequestContext, ResponseSchema, route  # noqa: E402
from linli_chassis.observability import logs  # noqa: E402
from linli_chassis.process.runtime import serve  # noqa: E402
from linli_chassis.settings import Settings  # noqa: E402
from marshmallow import fields  # noqa: E402


class Thing(BodySchema):
    """A thing to keep; `seconds` is how long keeping it takes."""

    name = fields.String(required=True)
    seconds = fields.Float(load_default=0)


class Kept(ResponseSchema):
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
        body=Thing,
        response=Kept,
        status=201,
        summary="Keep a thing",
    )
    def keep(self, call: RequestContext) -> Any:
        """Write first, then take time, as a real command may."""
        insert = sa.text("INSERT INTO thing (name) VALUES (:name) RETURNING number")
        number = call.uow.connection.execute(insert, {"name": call.body["name"]}).scalar_one()
        eventlet.sleep(call.body["seconds"])
        if call.body["name"] == "refused":
            raise Problem(409, "refused", "Not this one.")
        return {"number": number, "name": call.body["name"]}

    @route("GET", "/count", roles=PUBLIC, summary="How many things there are")
    def count(self, call: RequestContext) -> Any:
        """Count them."""
        return {
            "things": call.uow.connection.execute(
                sa.text("SELECT count(*) FROM thing")
            ).scalar_one()
        }


if __name__ == "__main__":
    logs.configure(Probe.name)
    serve(Probe, os.environ)
