"""The entry point of `linli`: settles what must be settled before anything else is imported, then
calls `app`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; never returns but by `SystemExit` with 0 (fine), 1 (it failed) or 2 (usage,
    configuration).
    """
    if sys.argv[1:2] == ["run"]:
        # A service waits in green threads: sockets, locks and sleeps must be theirs before a module
        # takes hold of them.
        from linli_chassis.process import green

        green.patch()
    from linli.base.i18n import install

    install()
    from linli.app import app

    app()
