"""Uploading files, attaching them to something, and deleting what was never attached."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from linli_chassis.storage import files
from linli_contracts.identity import Actor

from linli_grid.files import tables  # noqa: F401  # the metadata of the service has the table
from linli_grid.settings import Uow


def upload(uow: Uow, actor: Actor, content: bytes) -> files.StoredFile:
    """Store a file of the caller.

    Raises:
        UnusableFile, TooManyFiles, FilesUnavailable: it is not taken.
    """
    return files.save_file(uow, actor.account, content)


def must_be_files_of(uow: Uow, actor: Actor, ids: Collection[UUID], *, pointer: str) -> None:
    """Attach files. Raises `UnknownFile` unless the caller uploaded all of them."""
    files.attach_files(uow, actor.account, ids, pointer)


def purge_files(uow: Uow) -> None:
    """Delete what is attached to nothing a day after its upload."""
    files.purge_files(uow)
