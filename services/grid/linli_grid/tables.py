"""What the tables of all features share; each feature declares its own in its `tables.py`."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()

UUID = pg.UUID(as_uuid=True)
MOMENT = sa.DateTime(timezone=True)
