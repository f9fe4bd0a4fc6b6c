"""The tracking code of a resident: brought into its one form and digested exactly as where it was given out."""

from __future__ import annotations

import hashlib
import unicodedata

_LOOKALIKES = str.maketrans("ILO", "110")


def normalise(code: str) -> str:
    """A code as typed or said (any case, separators, full-width forms, I and L for 1, O for 0) in its one form."""
    plain = unicodedata.normalize("NFKC", code).upper().translate(_LOOKALIKES)
    return "".join(symbol for symbol in plain if symbol.isalnum())


def digest_of(code: str) -> str:
    """SHA-256 of the normalised code, 64 hex digits: all that is kept of it."""
    return hashlib.sha256(normalise(code).encode()).hexdigest()
