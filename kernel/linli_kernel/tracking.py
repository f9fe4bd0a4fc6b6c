"""Tracking codes, by which a resident follows a request without an account.

Only the digest of a code is stored.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O (like 1 and 0 to the eye) and no U."""

_SYMBOLS = 20  # 5 bits each: 100 bits, beyond guessing and beyond trying out its digest
_GROUP = 4  # as much as one says in a breath on the phone
_LOOKALIKES = str.maketrans("ILO", "110")


def new_code() -> str:
    """A random code of 100 bits, such as `7K3M-Q0XA-9TBC-4WZN-H5E2`."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(_SYMBOLS))
    return "-".join(symbols[i : i + _GROUP] for i in range(0, _SYMBOLS, _GROUP))


def normalise(code: str) -> str:
    """A code as it was typed or said, in its one form.

    Takes any case, separators, full-width forms, I and L for 1, O for 0.
    """
    plain = unicodedata.normalize("NFKC", code).upper().translate(_LOOKALIKES)
    return "".join(symbol for symbol in plain if symbol.isalnum())


def digest_of(code: str) -> str:
    """SHA-256 of the normalised code, 64 hex digits."""
    return hashlib.sha256(normalise(code).encode()).hexdigest()


def digest_of_nobody() -> str:
    """The digest of a code that nobody has: for imported history, whose residents got none."""
    return hashlib.sha256(secrets.token_bytes(32)).hexdigest()
