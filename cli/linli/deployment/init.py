"""Beginning a district: a commented file to fill in, and secrets made up."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template

from linli_contracts.manifest import api_services

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.deployment import secrets
from linli.deployment.model import FILE

IGNORED = ("/secrets/", "/rendered/", "*.key", "*.p12", "*.pfx")
"""What opens the district, and must not be stored with its configuration."""

_IGNORE_HEADER = "# What opens the district. `linli district render` adds what is missing.\n"


def begin(code: str, folder: Path, language: str) -> list[str]:
    """Write district.toml, a .gitignore and secrets/ into a folder; the paths of what was made, the
    file first.

    Raises:
        UsageFailure: the code is no district's, or the folder has a district.toml.
    """
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        raise UsageFailure(
            t("{code} is no district.", code=repr(code)),
            t("Six digits of GB/T 2260, such as 110101."),
        )
    path = folder / FILE
    if path.exists():
        raise UsageFailure(
            t("{path} is there already.", path=str(path)), t("Choose another folder, or edit it.")
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(
        template(language).substitute(
            code=code,
            version=version("linli"),
            replicas="\n".join(f"{name} = 1" for name in api_services()),
        ),
        encoding="utf-8",
    )
    ignore_secrets(folder)
    created = secrets.make_up(folder, secrets.names())
    return [str(path), *(str(folder / secrets.FOLDER / name) for name in created)]


def ignore_secrets(folder: Path, keys: Iterable[str] = ()) -> None:
    """Add to .gitignore what it lacks; `keys` are the private keys that district.toml names."""
    path = folder / ".gitignore"
    text = path.read_text(encoding="utf-8") if path.exists() else _IGNORE_HEADER
    inside = (Path(os.path.relpath(folder / key, folder)).as_posix() for key in keys)
    wanted = [*IGNORED, *(f"/{key}" for key in inside if not key.startswith("../"))]
    lines = set(text.splitlines())
    lacking = "".join(f"{line}\n" for line in wanted if line not in lines)
    if lacking:
        path.write_text(f"{text.rstrip()}\n{lacking}", encoding="utf-8")


def template(language: str) -> Template:
    """The file to fill in, in `zh` or `en`."""
    path = resources.files("linli.deployment") / "templates" / f"district.{language}.toml"
    return Template(path.read_text(encoding="utf-8"))
