"""The secrets of a district: one file each in secrets/, made up once, for their owner only."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from linli_contracts.manifest import installed_services

from linli.base.i18n import t
from linli.deployment.model import District

FOLDER = "secrets"
JWT_SECRET, KEYS = "jwt_secret", "keys"
DATABASE_OWNER = "database_owner"
BROKER_ADMIN, BROKER_OPERATOR = "broker_admin", "broker_operator"
GRAFANA_ADMIN = "grafana_admin"


def names(district: District | None = None) -> Iterator[str]:
    """All secrets that a district has; without one those that all have."""
    yield from (JWT_SECRET, KEYS, DATABASE_OWNER, BROKER_ADMIN, BROKER_OPERATOR, GRAFANA_ADMIN)
    for manifest in district.services if district else installed_services().values():
        if district or not manifest.optional:
            yield of_database(manifest.name)
            if manifest.service:
                yield of_broker(manifest.name)
    for subscriber in district.subscribers if district else ():
        yield of_subscriber(subscriber.name)


def signing(district: District, secret_values: Mapping[str, str]) -> str:
    """The key that signs tokens; empty where an identity provider signs them."""
    return "" if district.tokens.jwks_file else secret_values[JWT_SECRET]


def of_database(service: str) -> str:
    return f"database_{service}"


def of_broker(service: str) -> str:
    return f"broker_{service}"


def of_subscriber(name: str) -> str:
    return f"subscriber_{name}"


def missing(district: District) -> list[str]:
    """The secrets that are not there, and that `render` makes up."""
    return [name for name in names(district) if not (district.folder / FOLDER / name).exists()]


def make_up(folder: Path, wanted: Iterator[str]) -> list[str]:
    """Make up what is not there yet in the folder of a district; the names of what was made."""
    where = folder / FOLDER
    where.mkdir(mode=0o700, exist_ok=True)
    created = [name for name in wanted if not (where / name).exists()]
    for name in created:
        descriptor = os.open(where / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_new(name) + "\n")
    return created


def read(district: District) -> tuple[dict[str, str], list[str]]:
    """All secrets of a district by name, and what is wrong with them.

    For one that is not there yet, it is one as it could be made up. The keys are not made up again:
    without the old ones, what they encrypted is lost.
    """
    secret_values, wrong, absent = {}, [], missing(district)
    for name in names(district):
        path = district.folder / FOLDER / name
        if name in absent and name != KEYS:
            secret_values[name] = _new(name)
            continue
        try:
            secret_values[name] = path.read_text(encoding="utf-8").strip()
            if path.stat().st_mode & 0o077:
                wrong.append(t("{path} may be read by others than its owner.", path=str(path)))
        except FileNotFoundError:
            wrong.append(t("{path} is not there: put your copy of it back.", path=str(path)))
            continue
        except (OSError, UnicodeDecodeError) as error:
            wrong.append(t("{path} cannot be read: {error}", path=str(path), error=str(error)))
            continue
        if not secret_values[name]:
            wrong.append(t("{path} is empty.", path=str(path)))
    return secret_values, wrong


def _new(name: str) -> str:
    if name == KEYS:
        return f"first:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_urlsafe(32)
