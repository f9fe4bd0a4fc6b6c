"""Starts a process where one service is installed and the `linli` command is not, as in its image.

    python -m linli_chassis run|relay|migrate [SERVICE]

Without SERVICE it is the one that is installed. Ends with 2 when a setting cannot be used.
"""

from __future__ import annotations

import argparse
import sys

from linli_contracts.manifest import installed_services

from linli_chassis.process import commands

ACTIONS = {"run": commands.run, "relay": commands.relay, "migrate": commands.migrate}


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        prog="python -m linli_chassis", description="Start one process of a deployment."
    )
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("service", nargs="?", metavar="SERVICE")
    arguments = parser.parse_args()
    try:
        ACTIONS[arguments.action](arguments.service or only_service())
    except Exception as error:
        from linli_chassis.environment import BadSettings

        if type(error) is not LookupError and not isinstance(error, BadSettings):
            raise
        print(error, file=sys.stderr)  # noqa: T201  # without settings there are no logs yet
        raise SystemExit(2) from None


def only_service() -> str:
    """The one service that is installed. Raises `LookupError` unless there is exactly one."""
    names = list(installed_services())
    if len(names) != 1:
        raise LookupError(f"name a service; installed are: {', '.join(names) or 'none'}")
    return names[0]


if __name__ == "__main__":
    main()
