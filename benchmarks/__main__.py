"""`python -m benchmarks [NAMES] [--json FILE] [--quick] [--rounds N] [--check]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.environment import benchmark_servers
from benchmarks.report import machine, print_table, write_json
from benchmarks.suite import SUITE


def main() -> int:
    """Run the benchmarks that are named; 1 when a target is missed and `--check` was given."""
    arguments = _arguments()
    console, notes = Console(), Console(stderr=True)
    figures = []
    with benchmark_servers(
        rounds=arguments.rounds, quick=arguments.quick, note=notes.print
    ) as servers:
        settings = {
            **machine(),
            **servers.versions(),
            "rounds": servers.rounds,
            "quick": servers.quick,
        }
        for name in arguments.names or SUITE:
            notes.print(f"Measuring {name} ...")
            figures += SUITE[name](servers)
    print_table(console, figures)
    if arguments.json:
        write_json(arguments.json, figures, settings)
    missed = not all(figure.reached for figure in figures)
    return int(missed and arguments.check)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[[], *SUITE], help=f"which: {', '.join(SUITE)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there")
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the work: to see that it runs"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="pairs to measure (5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
