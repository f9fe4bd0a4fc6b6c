"""The embedded platform's process. Those of single services are `linli_chassis.process.commands`;
who supervises is elsewhere.

Imported before anything else in its process, for a service needs the standard library patched
first.
"""

from __future__ import annotations

import os


def run_embedded() -> None:
    """Run all services and their relays in this one process until SIGTERM, on one port, without a
    broker.
    """
    from linli_chassis.process import green

    green.patch()
    from linli_chassis.observability.logs import configure

    from linli.local.embedded_host import host

    configure("linli")
    host(os.environ)
