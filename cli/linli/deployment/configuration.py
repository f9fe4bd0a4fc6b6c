"""The page of all settings, docs/configuration.md, made from the settings classes themselves.

`python -m linli.deployment.configuration` writes it; `--check` only says whether it is up to date.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from linli_chassis.environment import Setting, declared_settings
from linli_chassis.settings import REQUIRED, ProcessSettings, Settings
from linli_contracts.manifest import Manifest, api_services, installed_services

from linli.deployment.check import settings_of

PAGE = "docs/configuration.md"
_PLAIN = (str, int, float, ZoneInfo)
_ROW = "| {0} | {1} | {2} |\n"
_OWN_ROW = "| {0} | {1} | {2} | {3} |\n"

_TEXT = """\
# Configuration

Generated from the settings classes by `python -m linli.deployment.configuration`; do not edit by
hand.

Processes read their settings from the environment. An empty variable counts as not set. For a
secret, `<NAME>_FILE` may name a file that contains it instead. A process with an invalid setting
does not start, and names every invalid setting, but never the value of a secret.

## Every process

Services and relays read these; a relay reads no others.

| Variable | Default | Meaning |
|---|---|---|
{process}
## Every service

| Variable | Default | Meaning |
|---|---|---|
{service}
At least one of `LINLI_JWT_SECRET` and `LINLI_JWKS_FILE` is required.

## Single services

| Variable | Default | Read by | Meaning |
|---|---|---|---|
{own}
{without_api}## The command

| Variable | Default | Meaning |
|---|---|---|
| `LINLI_HOME` | `.linli` | Folder where `linli up` stores data, secrets, logs, and the address \
of the platform. |
| `LINLI_URL` | that of `linli up` | Address of all services: a proxy, or the embedded platform. |
| {urls} | those of `linli up` | \
Address of one service; has priority over `LINLI_URL`. |
| `LINLI_MANAGEMENT_URL` | port 15672 of the broker | The broker's management API, for \
`linli subscriber`. |
| `LINLI_LANGUAGE` | the shell's | Language of the command: zh or en. |
| `LINLI_DEBUG` | none | Any value: show the traceback of a failure instead of a sentence. |

The command also reads `DATABASE_URL`, `AMQP_URI`, `LINLI_DISTRICT`, `LINLI_JWT_SECRET` and
`LINLI_JWT_AUDIENCE` where it needs them, or the `_FILE` of a secret. Options have priority over the
environment, and the environment over the file that `linli up` writes.

`linli up` passes every `LINLI_` variable on to the processes that it starts. It generates
`LINLI_JWT_SECRET` and `LINLI_KEYS` once, stores them in `secrets.json` in its home, and serves
district 110101 unless `LINLI_DISTRICT` names another.
"""

_WITHOUT_API = """\
## {title}

The process `python -m linli_chassis run {name}` reads the settings of every process, and these.

| Variable | Default | Meaning |
|---|---|---|
{rows}
"""


def page() -> str:
    """The page as Markdown."""
    process = declared_settings(ProcessSettings)
    shared = {
        name: item for name, item in declared_settings(Settings).items() if name not in process
    }
    return _TEXT.format(
        process="".join(_rows(process, _ROW.format)),
        service="".join(_rows(shared, _ROW.format)),
        own="".join(_own_rows()),
        without_api="".join(_without_api()),
        urls=", ".join(f"`LINLI_{name.upper()}_URL`" for name in api_services()),
    )


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 when `--check` finds that the page is not up to date, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m linli.deployment.configuration",
        description=(__doc__ or "").split("\n\n")[0],
    )
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).parents[3], help="root of the repository"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the page is not up to date"
    )
    options = parser.parse_args(arguments)
    path = options.root / PAGE
    if not path.parent.is_dir():
        parser.error(f"{options.root} is no checkout of the repository; name one with --root")
    current = path.read_text(encoding="utf-8") if path.exists() else ""
    if current == page():
        return 0
    if options.check:
        sys.stderr.write(f"{PAGE} drifted; run python -m linli.deployment.configuration\n")
        return 1
    path.write_text(page(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE}\n")
    return 0


def _rows(items: Mapping[str, Setting], row: Callable[..., str]) -> Iterator[str]:
    for item in items.values():
        yield row(_names(item), _shown(item), item.help)


def _own_rows() -> Iterator[str]:
    """The settings that services add, each once with all who read it."""
    shared = declared_settings(Settings)
    readers: dict[str, list[str]] = {}
    items: dict[str, Setting] = {}
    for manifest in installed_services().values():
        if manifest.service is None:
            continue
        for attribute, item in declared_settings(settings_of(manifest)).items():
            if attribute not in shared:
                readers.setdefault(item.name, []).append(manifest.name)
                # The same setting has the same meaning in every service that reads it.
                items[item.name] = item
    for name, item in items.items():
        yield _OWN_ROW.format(_names(item), _shown(item), ", ".join(readers[name]), item.help)


def _without_api() -> Iterator[str]:
    """A section for each service that has a process and no HTTP."""
    for manifest in installed_services().values():
        if manifest.service is None:
            title = manifest.name.replace("_", " ").capitalize()
            rows = "".join(_rows(_own_settings(manifest), _ROW.format))
            yield _WITHOUT_API.format(title=title, name=manifest.name, rows=rows)


def _own_settings(manifest: Manifest) -> dict[str, Setting]:
    """What it reads beside the settings of every process."""
    process = declared_settings(ProcessSettings)
    declared = declared_settings(settings_of(manifest))
    return {name: item for name, item in declared.items() if name not in process}


def _names(item: Setting) -> str:
    return f"`{item.name}`" + (f" or `{item.name}_FILE`" if item.secret else "")


def _shown(item: Setting) -> str:
    """The default as one would write it; values parsed from a text are explained in the meaning."""
    default: Any = item.default
    if default is REQUIRED:
        return "required"
    if default is None:
        return "none"
    if item.parse == "log_level":
        return f"`{logging.getLevelName(default)}`"
    return f"`{default}`" if isinstance(default, _PLAIN) else "see meaning"


if __name__ == "__main__":
    raise SystemExit(main())
