"""The process of the embedded platform; `linli_chassis.process.commands` has those of one service.

Imported before anything else in its process, for a service needs the standard library patched
first.
"""

from __future__ import annotations

import os


def run_embedded() -> None:
    """Run all services and their relays until SIGTERM: one process, one port, no broker."""
    from linli_chassis.process import green

    green.patch()
    from linli_chassis.observability.logs import configure

    from linli.local.embedded_host import host

    configure("linli")
    host(os.environ)
