"""The table of files; its SQL is that of the chassis."""

from __future__ import annotations

from linli_chassis.storage.files import file_table

from linli_grid.tables import metadata

stored_file = file_table(metadata)
