"""The public keys of tokens, read again when their file changes: keys are rotated and revoked."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import jwt
import structlog
from marshmallow import ValidationError

from linli_chassis import setting_types

LOOK_SECONDS = 10.0

log = structlog.get_logger(__name__)


class SigningKeys:
    """The keys of a JWKS document by their `kid`.

    Args:
        document: as read at start.
        path: the file that it came from; None for one that cannot change.
    """

    def __init__(self, document: jwt.PyJWKSet | None, path: Path | None) -> None:
        self._path = path
        self._changed_at = self._time_of_file()
        self._next_look_at = monotonic() + LOOK_SECONDS
        self._use(document)

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        return self._keys.get(key_id)

    def refresh(self) -> bool:
        """Read the file again if it has changed, looking once in `LOOK_SECONDS`; whether it has.

        A file that cannot be used changes nothing.
        """
        now = monotonic()
        if self._path is None or now < self._next_look_at:
            return False
        self._next_look_at = now + LOOK_SECONDS
        changed_at = self._time_of_file()
        if changed_at == self._changed_at:
            return False
        try:
            self._use(setting_types.jwks(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError) as error:
            log.warning("the keys of tokens cannot be read again", exc_info=error)
            return False
        self._changed_at = changed_at
        log.info("the keys of tokens were read again", keys=len(self._keys))
        return True

    def _use(self, document: jwt.PyJWKSet | None) -> None:
        self._keys = {key.key_id: key for key in document.keys} if document else {}

    def _time_of_file(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns if self._path else None
        except OSError:
            return None
