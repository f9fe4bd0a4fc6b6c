"""Encryption of what only this service may read: residents' contacts, stored responses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12  # 96 bits, the size AES-GCM is specified for (NIST SP 800-38D)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class CryptoError(ValueError):
    """A token that cannot be read. Its message never quotes the token.

    - `UnknownKey`: the key it was encrypted with is not in the keyring.
    - `Tampered`: it was changed, cut off, or belongs to another context.
    """


class UnknownKey(CryptoError):
    """The token names a key that is not in the keyring."""


class Tampered(CryptoError):
    """The token is not one of ours, was changed, or was encrypted for another context."""


class Keyring:
    """AES-256-GCM keys by id. The first encrypts; all decrypt, so a key is replaced by putting a
    new one before it.

    Args:
        keys: id (letters, digits, `_`, `-`) to 32 bytes; the first one encrypts.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("at least one key is needed")
        self._ciphers = {key_id: _cipher(key_id, key) for key_id, key in keys.items()}
        self._current = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Parse `id:base64-of-32-bytes,...`. Raises `ValueError` that never quotes a value."""
        keys: dict[str, bytes] = {}
        for place, entry in enumerate(text.split(","), start=1):
            key_id, colon, encoded = entry.strip().partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):
                raise ValueError(f"key {place} is not of the form id:base64")
            if key_id in keys:
                raise ValueError(f"key {place} has an id that an earlier one has")
            try:
                keys[key_id] = base64.b64decode(
                    encoded.replace("-", "+").replace("_", "/"), validate=True
                )
            except binascii.Error:
                raise ValueError(f"key {place} is not base64") from None
        return cls(keys)

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return self._current

    def encrypt(self, plain: str, context: str) -> str:
        """Encrypt into `id:base64url`.

        Args:
            context: What the text belongs to, e.g. a request id. Decrypting asks for the same, so
                that a token copied into another row is refused.
        """
        sealed = self._seal(plain.encode(), context)
        return f"{self._current}:{base64.urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, token: str, context: str) -> str:
        """The plain text of a token. Raises `UnknownKey` or `Tampered`."""
        key_id, colon, encoded = token.partition(":")
        if not colon:
            raise Tampered("not an encrypted token")
        try:
            sealed = base64.b64decode(encoded, altchars=b"-_", validate=True)
            return self._open(key_id, sealed, context).decode()
        except CryptoError:
            raise
        except ValueError:
            raise _tampered() from None

    def encrypt_bytes(self, plain: bytes, context: str) -> bytes:
        """Encrypt a file into the id of the key, `:` and the sealed bytes; see `encrypt`."""
        return f"{self._current}:".encode() + self._seal(plain, context)

    def decrypt_bytes(self, sealed: bytes, context: str) -> bytes:
        """The plain bytes of a file. Raises `UnknownKey` or `Tampered`."""
        key_id, _, rest = sealed.partition(b":")
        return self._open(key_id.decode(errors="replace"), rest, context)

    def _seal(self, plain: bytes, context: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[self._current].encrypt(nonce, plain, context.encode())

    def _open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(
                f"encrypted with key {key_id[:32]!r}, which is not among {sorted(self._ciphers)}"
            )
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return cipher.decrypt(nonce, rest, context.encode())
        except (InvalidTag, ValueError):
            raise _tampered() from None

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._ciphers)})"


def account_digest(district: str, account: str) -> str:
    """What stands for an account where it only has to be recognised: SHA-256, in hex."""
    return hashlib.sha256(f"{district}/{account}".encode()).hexdigest()


def _tampered() -> Tampered:
    return Tampered("the token was changed or belongs to another context")


def _cipher(key_id: str, key: bytes) -> AESGCM:
    if len(key) != 32:
        raise ValueError(f"key {key_id!r} has {len(key)} bytes, not 32")
    return AESGCM(key)
