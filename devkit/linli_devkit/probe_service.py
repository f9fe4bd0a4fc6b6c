"""A service whose handler writes down what it received, for the tests of buses.

`python -m linli_devkit.probe_service NAME` runs it in place of the service NAME, whose events it
receives.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import sys  # noqa: E402

import sqlalchemy as sa  # noqa: E402
from linli_chassis.messaging.subscriptions import Event, NotYet, UnitOfWork, subscribe  # noqa: E402
from linli_chassis.process.runtime import serve  # noqa: E402
from linli_chassis.settings import Settings  # noqa: E402
from linli_contracts.events.grid.requests import RequestRejected, RequestVerified  # noqa: E402
from linli_contracts.events.grid.territory import GridDrawn  # noqa: E402

_EFFECT = sa.text("""
    INSERT INTO effect (event_id, subject, sequence)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]),
                         CAST(:sequences AS bigint[]))""")


class Probe:
    """Writes an effect per event; fails for some reasons of rejection until the gate is open."""

    name = sys.argv[1]
    settings = Settings

    @subscribe(GridDrawn, RequestRejected, RequestVerified)
    def on_anything(self, uow: UnitOfWork[Settings], events: list[Event]) -> None:
        reasons = {event.data.get("reason") for event in events}
        needs_gate = reasons & {"false_report", "no_consent"}
        if needs_gate and not uow.connection.execute(sa.text("SELECT 1 FROM gate")).first():
            if "false_report" in reasons:
                raise ValueError("this one can never be handled")
            raise NotYet("the gate is closed")
        uow.connection.execute(
            _EFFECT,
            {
                "ids": [str(event.id) for event in events],
                "subjects": [event.subject for event in events],
                "sequences": [event.sequence for event in events],
            },
        )


if __name__ == "__main__":
    serve(Probe, os.environ)
