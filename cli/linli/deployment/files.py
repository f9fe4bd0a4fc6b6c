"""Writing the files of a district, readable by their owner only; a repetition changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from linli.deployment.model import District
from linli.deployment.settings import CA_FILE, as_lines, files_inside, variables


class _Plain(yaml.SafeDumper):
    """Writes out in full what occurs more than once, and texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_text(self, text: str) -> yaml.Node:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _Plain.represent_text)


def as_yaml(*documents: Any) -> str:
    """YAML documents, in the order of their keys."""
    return yaml.dump_all(documents, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


def write_all(folder: Path, contents: Mapping[str, str | bytes]) -> None:
    """Let `folder` hold these files and no others, by path below it.

    Only the owner may enter it. The files in it can be read by whoever is given one, for containers
    run as others, and see the files that they are given as they are here. What is there is written
    in place, or running containers, which hold on to folders, would not see it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if str(path.relative_to(folder)) not in contents:
            path.unlink()
    for name, content in contents.items():
        target = folder / name
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(0o644)


def common(district: District) -> dict[str, str | bytes]:
    """What compose and Kubernetes share: the settings, and the files that they name."""
    files: dict[str, str | bytes] = {
        f"files/{inside}": (district.folder / path).read_bytes()
        for inside, path in files_inside(district).items()
    }
    return {"settings.env": as_lines(variables(district)), **files}


def below(source: Path, place: str) -> dict[str, str | bytes]:
    """The files below a folder, to be written below `place`."""
    return {
        f"{place}/{path.relative_to(source)}": path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


__all__ = ["CA_FILE", "as_yaml", "below", "common", "write_all"]
