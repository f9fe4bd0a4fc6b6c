"""The secrets of a platform that starts itself: made once, and readable by its owner only."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from linli.base.files import load_json

_FILE = "secrets.json"


def secrets_of(home: Path) -> dict[str, str]:
    """LINLI_JWT_SECRET and LINLI_KEYS of the platform in `home`, made on the first call."""
    path = home / _FILE
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        new_secrets = {"LINLI_JWT_SECRET": secrets.token_urlsafe(48), "LINLI_KEYS": f"first:{key}"}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(new_secrets, file, indent=2)
    secrets_by_name: dict[str, str] = load_json(path)
    return secrets_by_name


def existing_secrets(home: Path) -> dict[str, str]:
    """Those of a platform that ran in `home` before; none where there is no such platform."""
    return secrets_of(home) if (home / _FILE).exists() else {}
