"""The ids of this service, derived from the references of the system that the data come from.

Derived, not random, so that an import is repeatable: the same file gives the same ids, on any
machine.
"""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6c4f1d9e-7a0b-5f3e-9a52-3d1f0c8b2e47")


def unit_id(district: str, external_ref: str) -> UUID:
    """The id of the unit that `external_ref` names in a district."""
    return uuid5(_NAMESPACE, f"{district}/unit/{external_ref}")


def resource_id(district: str, external_ref: str) -> UUID:
    """The id of the resource that `external_ref` names in a district."""
    return uuid5(_NAMESPACE, f"{district}/resource/{external_ref}")
