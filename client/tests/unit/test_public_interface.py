"""What others may import, and what comes along when they install the client."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources

import linli_client

FORBIDDEN = (
    "linli",
    "linli_chassis",
    "nameko",
    "eventlet",
    "kombu",
    "sqlalchemy",
    "alembic",
    "werkzeug",
    "apispec",
    "webargs",
)
PUBLIC_INTERFACE = [
    "ADMIN",
    "PUBLIC",
    "BadTokenClaims",
    "Caller",
    "Client",
    "ClientError",
    "NotNow",
    "Position",
    "PositionFile",
    "QuarantineFile",
    "Quarantined",
    "Refused",
    "ServiceProblem",
    "ServiceUnavailable",
    "Subscriber",
    "TokenSigner",
    "read_quarantine",
]


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def test_the_public_interface_changes_only_on_purpose() -> None:
    assert linli_client.__all__ == PUBLIC_INTERFACE
    assert all(hasattr(linli_client, name) for name in PUBLIC_INTERFACE)


def test_every_module_of_the_client_works_where_no_framework_is_installed() -> None:
    modules = [
        "linli_client." + str(path.relative_to(root).with_suffix("")).replace("/", ".")
        for root in [resources.files("linli_client")]
        for path in sorted(root.rglob("*.py"))  # type: ignore[attr-defined]
        if path.name != "__init__.py"
    ]
    assert "linli_client.events.connection" in modules
    run(
        f"import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({FORBIDDEN!r}))\n"  # importing one of them fails
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )


def test_the_contracts_need_neither_the_client_nor_its_libraries() -> None:
    run(
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('pika', 'requests', 'linli_client')))\n"
        "import linli_contracts.envelope, linli_contracts.registry\n"
    )
