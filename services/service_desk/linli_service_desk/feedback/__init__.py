"""The resident's side: following a case by its tracking code, and the verdict on a closed one.

No account is needed, and no tracking code is stored: a case knows the digest of its own only.
"""

__all__: list[str] = []
