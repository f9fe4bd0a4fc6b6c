"""Addresses and secrets of the platform: from options, environment, or `linli up`'s state file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli_contracts.identity import AUDIENCE
from linli_contracts.manifest import api_services

from linli.base.errors import UsageFailure
from linli.base.files import cannot_read, load_json, read_text
from linli.base.i18n import t

STATE_FILE = "state.json"
VARIABLES = {
    "database_url": "DATABASE_URL",
    "amqp_uri": "AMQP_URI",
    "district": "LINLI_DISTRICT",
    "jwt_secret": "LINLI_JWT_SECRET",
    "jwt_audience": "LINLI_JWT_AUDIENCE",
}


@dataclass(frozen=True, kw_only=True)
class Context:
    """The platform to talk to. Empty strings are unknown: `need()` says how to give what is
    missing.

    `url` is the one address of all services (a proxy, or the embedded platform); `urls` those of
    single services, which come first.
    """

    home: Path
    url: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)
    database_url: str = field(default="", repr=False)
    amqp_uri: str = field(default="", repr=False)
    district: str = ""
    jwt_secret: str = field(default="", repr=False)
    jwt_audience: str = AUDIENCE

    @classmethod
    def load(
        cls,
        *,
        url: str | None = None,
        environ: Mapping[str, str] = os.environ,
        **options: str | None,
    ) -> Context:
        """Gather the context. `options` (`database_url`, `amqp_uri`, ...) and `url` come before all
        else.

        Raises:
            UsageFailure: the state file cannot be read.
        """
        home = home_of(environ)
        state = read_state(home)
        urls = {} if url or environ.get("LINLI_URL") else dict(state.get("urls") or {})
        values = {
            name: options.get(name) or _variable(environ, variable) or str(state.get(name) or "")
            for name, variable in VARIABLES.items()
        }
        values["jwt_audience"] = values["jwt_audience"] or AUDIENCE
        return cls(
            home=home,
            url=url or environ.get("LINLI_URL") or str(state.get("url") or ""),
            urls=urls if url else {**urls, **service_urls(environ)},
            **values,
        )

    def url_of(self, service: str) -> str:
        """The base address of a service, without a slash at the end.

        Raises:
            UsageFailure: neither its own nor a common address is known.
        """
        return (self.urls.get(service) or self.need("url")).rstrip("/")

    def need(self, name: str) -> str:
        """The value of a field that a command cannot do without.

        Raises:
            UsageFailure: it is empty; says how to give it.
        """
        value = str(getattr(self, name))
        if value:
            return value
        raise UsageFailure(
            t("Not known: {name}.", name=name),
            t(
                "Set {variable}, or start a platform here with `linli up`, "
                "which notes it in {state}.",
                variable=VARIABLES.get(name, "LINLI_URL"),
                state=str(self.home / STATE_FILE),
            ),
        )


def home_of(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the platform that runs on this machine."""
    return Path(environ.get("LINLI_HOME") or ".linli")


def service_urls(environ: Mapping[str, str]) -> dict[str, str]:
    """The addresses of single services that LINLI_GRID_URL and its like give."""
    urls = {name: environ.get(f"LINLI_{name.upper()}_URL") for name in api_services()}
    return {name: url for name, url in urls.items() if url}


def read_state(home: Path) -> dict[str, Any]:
    """What `linli up` or `linli demo` noted about the platform it runs; empty when there is none.

    Raises:
        UsageFailure: the file cannot be read, or is another.
    """
    path = home / STATE_FILE
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise cannot_read(path, error) from error
    state = load_json(path, t("Remove the file, or point LINLI_HOME elsewhere."))
    if not isinstance(state, dict):
        raise UsageFailure(
            t("{path} is not a state file of linli.", path=str(path)), t("Remove the file.")
        )
    return state


@contextmanager
def noted_platform(home: Path, url: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """The state file of a platform, there for the commands that follow until leaving."""
    path = note_platform(home, url, environ)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def note_platform(home: Path, url: str, environ: Mapping[str, str]) -> Path:
    """Write the state file of a platform: its addresses, and its secrets from `environ`."""
    values = {name: environ.get(variable, "") for name, variable in VARIABLES.items()}
    return write_state(home, {"url": url, "urls": service_urls(environ), **values})


def write_state(home: Path, state: Mapping[str, Any]) -> Path:
    """Write the state file. Only the owner may read it, for it holds the secret."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / STATE_FILE
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file, ensure_ascii=False, indent=2)
    new.replace(path)
    return path


def _variable(environ: Mapping[str, str], variable: str) -> str:
    """The value of a variable, or of the file that `<variable>_FILE` names, as services read it."""
    path = environ.get(f"{variable}_FILE")
    if not path:
        return environ.get(variable, "")
    return read_text(Path(path)).strip()
