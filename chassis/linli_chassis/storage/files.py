"""Files that people attach, such as photos: encrypted behind a small port, known by their ids.

A service that has files takes `FileSettings` for its settings and makes `file_table` in its
migrations. Whoever uploads gets an id; a command that is given ids calls `attach_files`. After a
day, what is attached to nothing is deleted, and of the rest nobody knows who uploaded it.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, TypeAlias
from uuid import UUID, uuid4

import sqlalchemy as sa
from linli_kernel.errors import Invalid, NotFound, TooMany, Unavailable
from marshmallow.validate import Range
from sqlalchemy.dialects import postgresql as pg

from linli_chassis.process.offload import (
    WorkerProcessEnded,
    WorkersBusy,
    run_in_process,
    run_in_thread,
)
from linli_chassis.settings import Settings, setting
from linli_chassis.storage.crypto import account_digest
from linli_chassis.storage.unit_of_work import UnitOfWork

PURGED_AT_ONCE = 500
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf")
_CLEANING = "linli_chassis.storage.images:clean"
_CLEANING_SECONDS = 20.0
_CLEANING_BYTES = 2**30


@dataclass(frozen=True, kw_only=True)
class FileSettings(Settings):
    """The settings of a service that has files."""

    files_folder: str | None = setting(
        "LINLI_FILES_FOLDER",
        "str",
        default=None,
        help="Folder that uploaded files are stored in, encrypted; the same for all replicas. "
        "Without it no files are taken.",
    )
    max_file_bytes: int = setting(
        "LINLI_MAX_FILE_BYTES",
        "int",
        default=5 * 1024 * 1024,
        help="Largest file accepted, in bytes.",
        validate=Range(min=1024, max=50 * 1024 * 1024),
    )
    files_per_hour: int = setting(
        "LINLI_FILES_PER_HOUR",
        "int",
        default=60,
        help="Files that one account may upload in an hour.",
        validate=Range(min=1),
    )


Uow: TypeAlias = UnitOfWork[FileSettings]


class UnusableFile(Invalid):
    """A file of another kind, or a broken one."""

    message = "The file is no JPEG, PNG, WebP or PDF that can be read."


class UnknownFile(Invalid):
    """An id of no file of this account."""

    message = "Your account has no file {file}; upload it at /files first."


class TooManyFiles(TooMany):
    """The account uploaded as many files in the last hour as it may."""

    message = "An account may upload {most} files in an hour; try again later."
    retry_after_s = 3600


class FilesUnavailable(Unavailable):
    """No files can be taken now."""

    message = "No files are taken now; ask who runs the platform, or leave them out."
    retry_after_s = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file without its content."""

    file_id: UUID
    account_digest: str
    media_type: str
    size: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a file, and what it is."""

    media_type: str
    content: bytes


class FileStore(Protocol):
    """Where encrypted files are. All that a store of another kind, such as S3, has to do."""

    def write(self, name: str, content: bytes) -> None:
        """Store a file, whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """A file, or None where there is none."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""


class FolderStore:
    """Files in a folder, below one of 256 by the beginning of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)

    def read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def file_table(metadata: sa.MetaData) -> sa.Table:
    """The table of files, for the metadata of a service."""
    return sa.Table(
        "stored_file",
        metadata,
        sa.Column("file_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("account_digest", sa.Text, comment="SHA-256; for a day"),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False, comment="bytes"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True)),
        sa.Index("stored_file_of_account", "account_digest", "uploaded_at"),
        sa.Index(
            "stored_file_purge",
            "uploaded_at",
            postgresql_where=sa.text("account_digest IS NOT NULL"),
        ),
    )


stored_file = file_table(sa.MetaData())


def save_file(uow: Uow, account: str, content: bytes) -> StoredFile:
    """Store an uploaded file without its metadata, encrypted.

    Raises:
        UnusableFile: it is none of the kinds that are taken.
        TooManyFiles: the account uploaded as many in the last hour as it may.
        FilesUnavailable: no files can be taken now.
    """
    store = _store(uow)
    digest = account_digest(uow.district, account)
    _check_rate(uow, digest)
    media_type, cleaned = _clean(content)
    file = StoredFile(
        file_id=uuid4(),
        account_digest=digest,
        media_type=media_type,
        size=len(cleaned),
        uploaded_at=uow.now,
    )
    sealed = run_in_thread(uow.keyring.encrypt_bytes, cleaned, str(file.file_id))
    run_in_thread(store.write, file.file_id.hex, sealed)
    values = {name: getattr(file, name) for name in StoredFile.__slots__}
    uow.connection.execute(sa.insert(stored_file).values(values))
    return file


def attach_files(uow: Uow, account: str, ids: Collection[UUID], pointer: str) -> None:
    """Note that the files of an account are attached to something.

    Raises:
        UnknownFile: one of them is not there, or another account's; `pointer` leads to their list.
    """
    if not ids:
        return
    digest = account_digest(uow.district, account)
    attached = set(
        uow.connection.scalars(
            sa.update(stored_file)
            .where(stored_file.c.file_id.in_(ids), stored_file.c.account_digest == digest)
            .values(attached_at=uow.now)
            .returning(stored_file.c.file_id)
        )
    )
    for place, file_id in enumerate(ids):
        if file_id not in attached:
            raise UnknownFile(pointer=f"{pointer}/{place}", file=str(file_id))


def read_file(uow: Uow, file_id: UUID) -> FileContent:
    """A stored file, for a caller who may see what it is attached to. Raises `NotFound`."""
    query = sa.select(stored_file.c.media_type).where(stored_file.c.file_id == file_id)
    media_type = uow.connection.scalar(query)
    sealed = run_in_thread(_store(uow).read, file_id.hex) if media_type else None
    if media_type is None or sealed is None:
        raise NotFound("There is no such file.")
    plain = run_in_thread(uow.keyring.decrypt_bytes, sealed, str(file_id))
    return FileContent(media_type, plain)


def purge_files(uow: Uow) -> None:
    """A day after their upload, delete files attached to nothing, and forget whose the others are.

    Some at a time; a database without a folder has no files.
    """
    if uow.settings.files_folder is None:
        return
    store = _store(uow)
    old = (
        sa.select(stored_file.c.file_id)
        .where(
            stored_file.c.account_digest.is_not(None),
            stored_file.c.uploaded_at < uow.now - timedelta(days=1),
        )
        .limit(PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = uow.connection.scalars(old).all()
    those = stored_file.c.file_id.in_(ids)
    deletion = sa.delete(stored_file).where(those, stored_file.c.attached_at.is_(None))
    for file_id in uow.connection.scalars(deletion.returning(stored_file.c.file_id)):
        run_in_thread(store.delete, file_id.hex)
    uow.connection.execute(sa.update(stored_file).where(those).values(account_digest=None))


def _store(uow: Uow) -> FileStore:
    folder = uow.settings.files_folder
    if folder is None:
        raise FilesUnavailable
    return FolderStore(Path(folder))


def _check_rate(uow: Uow, digest: str) -> None:
    # One account after the other, so that uploads at once on several replicas are counted too.
    lock = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"stored_file {digest}", 0))
    uow.connection.execute(sa.select(lock))
    recent = sa.select(sa.func.count()).where(
        stored_file.c.account_digest == digest,
        stored_file.c.uploaded_at > uow.now - timedelta(hours=1),
    )
    most = uow.settings.files_per_hour
    if uow.connection.execute(recent).scalar_one() >= most:
        raise TooManyFiles(most=most)


def _clean(content: bytes) -> tuple[str, bytes]:
    try:
        cleaned: tuple[str, bytes] | None = run_in_process(
            _CLEANING, content, seconds=_CLEANING_SECONDS, memory_bytes=_CLEANING_BYTES
        )
    except WorkersBusy as error:
        raise FilesUnavailable from error
    except (WorkerProcessEnded, MemoryError):
        cleaned = None
    if cleaned is None:
        raise UnusableFile
    return cleaned
