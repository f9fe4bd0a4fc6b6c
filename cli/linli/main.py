"""The entry point of `linli`: prepares the process before anything else is imported."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; leaves by `SystemExit` with 0 (fine), 1 (failed) or 2 (usage)."""
    if sys.argv[1:2] == ["run"]:
        # A service waits in green threads: sockets, locks and sleeps must be theirs before a module
        # takes hold of them.
        from linli_chassis.process import green

        green.patch()
    from linli.base.i18n import install

    install()
    from linli.app import app

    app()
