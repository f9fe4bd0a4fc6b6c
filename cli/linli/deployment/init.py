"""Beginning a district: a commented file to fill in, and secrets made up."""

from __future__ import annotations

from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template

from linli_contracts.manifest import api_services

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.deployment import secrets
from linli.deployment.model import FILE

IGNORED = "# What is in these opens the district.\n/secrets/\n/rendered/\n"


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
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    created = secrets.make_up(folder, secrets.names())
    return [str(path), *(str(folder / secrets.FOLDER / name) for name in created)]


def template(language: str) -> Template:
    """The file to fill in, in `zh` or `en`."""
    path = resources.files("linli.deployment") / "templates" / f"district.{language}.toml"
    return Template(path.read_text(encoding="utf-8"))
