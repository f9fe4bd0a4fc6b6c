"""The database of a district: an account for each service, which sees its own schema alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from linli.deployment import secrets
from linli.deployment.model import District

OWNER = "linli"
ITERATIONS = 4096

_DATABASE = """\
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""
# The first migration of a service makes its schema, and so owns it.
_ACCOUNT = """\
SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
ALTER ROLE {role} LOGIN PASSWORD '{verifier}';
GRANT CONNECT, CREATE ON DATABASE {name} TO {role};
"""
# The command's account looks into all schemas, and sets dead events due again. It may be the
# administrator's.
_OWNER = """\
SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
ALTER ROLE {role} LOGIN PASSWORD '{verifier}';
GRANT CONNECT ON DATABASE {name} TO {role};
GRANT {members} TO {role};
"""


def url(district: District, user: str, password: str) -> str:
    """The URL of an account."""
    base = district.database
    options = f"?sslmode={base.sslmode}" if base.sslmode else ""
    account = f"{user}:{quote(password, safe='')}"
    return f"postgresql://{account}@{base.host}:{base.port}/{base.name}{options}"


def role(service: str) -> str:
    return f"linli_{service}"


def url_of(district: District, service: str, secret_values: Mapping[str, str]) -> str:
    """The URL of the account of a service."""
    return url(district, role(service), secret_values[secrets.of_database(service)])


def script(district: District, secret_values: Mapping[str, str]) -> str:
    """SQL for psql, to be run by an administrator in the database of the district; running it again
    is harmless.

    Args:
        secret_values: the secrets of the district. Of the passwords only verifiers are written.
    """
    name = district.database.name
    accounts = [
        _ACCOUNT.format(
            name=name,
            role=role(service),
            verifier=verifier(secret_values[secrets.of_database(service)], role(service)),
        )
        for service in district.schemas
    ]
    owner = _OWNER.format(
        name=name,
        role=OWNER,
        verifier=verifier(secret_values[secrets.DATABASE_OWNER], OWNER),
        members=", ".join(map(role, district.schemas)),
    )
    return "".join([_DATABASE.format(name=name), *accounts, owner])


def verifier(password: str, user: str) -> str:
    """A SCRAM verifier as PostgreSQL stores it (RFC 5803); the salt is derived, so stable."""
    salt = hashlib.sha256(f"{user}\0{password}".encode()).digest()[:16]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
