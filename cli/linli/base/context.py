"""Where the platform is and which secrets open it: options, then the environment, then the state
file of `linli up`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli_contracts.manifest import api_services
from linli.base.errors import UsageFailure
from linli.base.i18n import t

STATE_FILE = "state.json"


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
        home = Path(environ.get("LINLI_HOME") or ".linli")
        state = read_state(home)
        urls = {} if url or environ.get("LINLI_URL") else dict(state.get("urls") or {})
        given = {service: environ.get(f"LINLI_{service.upper()}_URL") for service in api_services()}
        urls.update({service: value for service, value in given.items() if value and not url})
        found = {
            name: options.get(name) or _given(environ, variable) or str(state.get(name) or "")
            for name, variable in VARIABLES.items()
        }
        return cls(
            home=home,
            url=url or environ.get("LINLI_URL") or str(state.get("url") or ""),
            urls=urls,
            **found,
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
        variable = VARIABLES.get(name, "LINLI_URL")
        raise UsageFailure(
            t("Not known: {name}.", name=name),
            t(
                "Set {variable}, or start a platform here with `linli up`, which notes it in {state}.",
                variable=variable,
                state=str(self.home / STATE_FILE),
            ),
        )


VARIABLES = {
    "database_url": "DATABASE_URL",
    "amqp_uri": "AMQP_URI",
    "district": "LINLI_DISTRICT",
    "jwt_secret": "LINLI_JWT_SECRET",
}


def _given(environ: Mapping[str, str], variable: str) -> str:
    """The value of a variable, or of the file that `<variable>_FILE` names, as the services read it
    too.
    """
    path = environ.get(f"{variable}_FILE")
    if not path:
        return environ.get(variable, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise UsageFailure(
            t("{path} cannot be read: {error}", path=f"{variable}_FILE={path}", error=str(error))
        ) from error


def read_state(home: Path) -> dict[str, Any]:
    """What `linli up` or `linli demo` noted about the platform it runs; empty when there is none."""
    path = home / STATE_FILE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        hint = t("Remove the file, or point LINLI_HOME elsewhere.")
        raise UsageFailure(
            t("{path} cannot be read: {error}", path=str(path), error=str(error)), hint
        ) from error
    if not isinstance(state, dict):
        raise UsageFailure(
            t("{path} is not a state file of linli.", path=str(path)), t("Remove the file.")
        )
    return state


def write_state(home: Path, state: Mapping[str, Any]) -> Path:
    """Note a running platform for the commands that follow; only the owner may read it, for it
    holds the secret.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / STATE_FILE
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file, ensure_ascii=False, indent=2)
    new.replace(path)
    return path
