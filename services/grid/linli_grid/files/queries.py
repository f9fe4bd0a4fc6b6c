"""Files for those who may see what they are attached to."""

from __future__ import annotations

from uuid import UUID

from linli_chassis.storage.files import FileContent, read_file

from linli_grid.settings import Uow


def open_file(uow: Uow, file_id: UUID) -> FileContent:
    """A file; whoever calls this has checked who asks. Raises `NotFound`."""
    return read_file(uow, file_id)
