"""What the tables of all features share: one metadata, so that a key may point into another one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

metadata = sa.MetaData()
"""Names are unqualified: the search path is the schema of the service."""

MOMENT = sa.DateTime(timezone=True)


def moment(name: str) -> sa.Column[datetime]:
    """A column for an aware time that may be unknown."""
    return sa.Column(name, MOMENT)
