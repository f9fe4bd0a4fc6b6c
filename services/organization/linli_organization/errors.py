"""The errors that several features raise. Those of one feature stand in its `domain.py`.

All derive from `linli_kernel.errors`, which gives the HTTP status; the class name is the problem
type, so renaming a class changes the API.
"""

from __future__ import annotations

from linli_contracts import identity


class ForeignRegion(identity.ForeignRegion):
    """It lies outside the region of the caller; says which region."""

    message = "{region_code} is outside the region of your account."
