"""What one image needs: its members of the workspace, and their direct dependencies as the lock
file pins them.

    requirements.py SERVICE FOLDER [EXTRA...]    writes FOLDER/members, FOLDER/direct.txt and
    FOLDER/build.txt

Run while an image is built, with the standard library only. SERVICE is the name of a service, as
the entry point of its distribution has it, or `linli`, the command (`platform` is its former name);
EXTRA is an optional part of any of its members, such as `tracing`.
Installing direct.txt with requirements.lock as constraints brings what those need in turn, each
checked by its hash.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ("hatchling",)
COMMAND = "linli"
FORMER_NAMES = {"platform": COMMAND}
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def main() -> None:
    """Write the files, or say what is wrong."""
    service, folder, extras = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    members = members_of(folder_of(service))
    direct = {
        name
        for member in members
        for name in dependencies(member, extras)
        if name not in workspace()
    }
    pins = pinned()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "members").write_text("".join(f"{member}\n" for member in members))
    (folder / "direct.txt").write_text("".join(pins[name] for name in sorted(direct)))
    (folder / "build.txt").write_text("".join(pins[name] for name in BUILD))


def folder_of(service: str) -> str:
    """The folder of a service, or of the command. Exits when there is none."""
    if FORMER_NAMES.get(service, service) == COMMAND:
        return workspace()[COMMAND]
    services = {
        name: folder
        for folder in workspace().values()
        for name in project(ROOT / folder / "pyproject.toml")
        .get("entry-points", {})
        .get("linli.services", {})
    }
    if service not in services:
        sys.exit(f"SERVICE={service!r}: there are {', '.join(sorted(services))} and {COMMAND}")
    return services[service]


def members_of(folder: str) -> list[str]:
    """The folders of a member and of those it depends on, each after what it needs."""
    members: list[str] = []
    for name in dependencies(folder):
        if name in workspace():
            members += [member for member in members_of(workspace()[name]) if member not in members]
    return [*members, folder]


def workspace() -> dict[str, str]:
    """The folders of all distributions of the checkout by their names."""
    files = [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")]
    return {project(path)["name"]: str(path.parent.relative_to(ROOT)) for path in files}


def dependencies(folder: str, extras: Iterable[str] = ()) -> Iterator[str]:
    """The names of what a member depends on, with those of its extras that are asked for."""
    metadata = project(ROOT / folder / "pyproject.toml")
    optional = metadata.get("optional-dependencies", {})
    for requirement in [
        *metadata["dependencies"],
        *(item for extra in extras for item in optional.get(extra, ())),
    ]:
        match = _NAME.match(requirement)
        assert match, requirement  # noqa: S101  # PEP 508 begins with a name
        yield match[0].lower()


def project(path: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return metadata


def pinned() -> dict[str, str]:
    """The entries of the lock file, hashes and all, by name."""
    entries = re.split(r"(?m)^(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return {match[0]: entry for entry in entries if (match := _NAME.match(entry))}


if __name__ == "__main__":
    main()
