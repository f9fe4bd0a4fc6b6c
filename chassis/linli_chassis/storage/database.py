"""The database of a service: its engine, its schema and its migrations.

Each service has a PostgreSQL schema of its own, named after it, in the database that DATABASE_URL
names; tables are written unqualified and found by the search path. Several services may share a
database or have one each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg2
import sqlalchemy as sa
from linli_contracts.manifest import find_service

from linli_chassis.environment import BadSetting, BadSettings
from linli_chassis.storage import timeouts as waits
from linli_chassis.storage.timeouts import BoundedConnection, Timeouts

if TYPE_CHECKING:
    from alembic.config import Config

_CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^revision = "(\w+_\d{4})"$', re.MULTILINE)

# SQLSTATEs of a server that is gone, going, full or read-only, and of a lock that another holds for
# long (PostgreSQL, appendix A).
_UNAVAILABLE_CODES = ("57P01", "57P02", "57P03", "57P05", "25006", "55P03")
_UNAVAILABLE_CLASSES = ("08", "53")
_RETRY_CODES = ("40001", "40P01")
_CANCELED = "57014"

# The server's side of the timeouts below: else the locks of a machine that lost its power are held
# for two hours.
_DEAD_PEER = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_NO_MORE: Mapping[str, str] = {}
_DEFAULT = Timeouts()
_MIGRATION = Timeouts(statement=3600, lock=3600)
_MIGRATION_LOCK = sa.text("SET LOCAL lock_timeout = '10s'")
"""Whoever waits for a table's lock makes all others wait behind it."""

_IDLE_SECONDS = 1.0
_RETURNED_AT = "returned_at"


def create_engine(
    database_url: str,
    service: str,
    *,
    pool_size: int = 10,
    application: str | None = None,
    timeouts: Timeouts = _DEFAULT,
    session: Mapping[str, str] = _NO_MORE,
) -> sa.Engine:
    """An engine whose connections see the schema of `service` first.

    Args:
        database_url: `postgresql://user:password@host:port/database`.
        application: shown in `pg_stat_activity`; the service's name by default.
        timeouts: how long its statements may take, and wait for locks.
        session: settings of PostgreSQL for its sessions, beside those that all have.
    """
    waits.install()
    always = {"search_path": service, "timezone": "UTC"}
    settings = {**always, **_DEAD_PEER, **timeouts.session, **session}
    url = sa.make_url(database_url).set(drivername="postgresql+psycopg2")
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeouts.pool,
        hide_parameters=True,  # they may be personal data, and errors are logged
        connect_args={
            "options": " ".join(f"-c{name}={value}" for name, value in settings.items()),
            "application_name": application or f"linli-{service}",
            "connection_factory": BoundedConnection,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )
    _prepare_connections(engine, timeouts)
    return engine


def _prepare_connections(engine: sa.Engine, timeouts: Timeouts) -> None:
    """Have connections that were idle checked before they are used, and replaced if closed.

    `pool_pre_ping` would check all, which costs every request a round trip.
    """

    @sa.event.listens_for(engine, "checkin")
    def note_time(_connection: Any, record: Any) -> None:
        record.info[_RETURNED_AT] = monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        connection.reply_seconds = timeouts.reply
        if monotonic() - record.info.get(_RETURNED_AT, inf) < _IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg2.Error as error:
            raise sa.exc.InvalidatePoolError from error


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that the database cannot be used now; not that a statement is wrong.

    Knows the errors of SQLAlchemy, and those of the driver, which polls for notifications.
    """
    if isinstance(error, sa.exc.TimeoutError):  # the pool is used up
        return True
    driver_error = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if not isinstance(driver_error, psycopg2.Error):
        return False
    code = driver_error.pgcode
    if code is None or getattr(error, "connection_invalidated", False):
        return isinstance(driver_error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return code in _UNAVAILABLE_CODES or code[:2] in _UNAVAILABLE_CLASSES


def is_conflict(error: BaseException) -> bool:
    """Whether a transaction lost against another (deadlock, serialization) and may be retried."""
    return (
        isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "pgcode", None) in _RETRY_CODES
    )


def is_canceled(error: BaseException) -> bool:
    """Whether a statement took too long; the next one may, too, if it is a matter of its data."""
    return isinstance(error, sa.exc.DBAPIError) and (
        getattr(error.orig, "pgcode", None) == _CANCELED
    )


def migrate(database_url: str, service: str) -> None:
    """Bring the schema of an installed service to the newest version.

    Safe to run at the same time from several places. A database that is ahead, because a newer
    version is taken back, stays as it is. The chassis' own tables come with it where the service
    has an inbox and an outbox.

    Raises:
        BadSettings: the database cannot hold the texts of all languages.
    """
    from alembic import command  # only here: it takes 10 MB, which no running service needs

    engine = create_engine(
        database_url,
        service,
        pool_size=1,
        application=f"linli-{service}-migrate",
        timeouts=_MIGRATION,
    )
    try:
        with _locked(engine, service) as connection:
            connection.execute(_MIGRATION_LOCK)
            _check_encoding(connection)
            connection.execute(sa.text(f'CREATE SCHEMA IF NOT EXISTS "{service}"'))
            if _pending(connection, service):
                config = _alembic(service)
                config.attributes["connection"] = connection
                command.upgrade(config, "heads")
    finally:
        engine.dispose()


def pending_migrations(engine: sa.Engine, service: str) -> list[str]:
    """The heads that the database has not reached yet; empty when it is up to date."""
    with engine.connect() as connection:
        return _pending(connection, service)


def _pending(connection: sa.Connection, service: str) -> list[str]:
    migrated = connection.scalar(sa.text("SELECT to_regclass('alembic_version')")) is not None
    current = (
        connection.scalars(sa.text("SELECT version_num FROM alembic_version")) if migrated else ()
    )
    reached = {_branch(revision): revision for revision in current}
    # A database that is ahead of this code is no reason to stop: upgrades migrate first, then
    # restart the processes one by one.
    return sorted(
        head
        for head in map(_newest_revision, _version_folders(service))
        if reached.get(_branch(head), "") < head
    )


def _check_encoding(connection: sa.Connection) -> None:
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        wrong = (
            f"the encoding of this database is {encoding}, "
            "and only UTF8 holds Chinese and every other text"
        )
        help = "Make another one: createdb --encoding UTF8 --template template0 NAME"
        raise BadSettings([BadSetting(name="DATABASE_URL", wrong=wrong, help=help)])


@contextmanager
def _locked(engine: sa.Engine, service: str) -> Iterator[sa.Connection]:
    with engine.begin() as connection:
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"migrate {service}"},
        )
        yield connection


def _branch(revision: str) -> str:
    """Revisions are numbered within their branch: `chassis_0001`, `grid_0002`."""
    return revision.rpartition("_")[0]


def _newest_revision(folder: Path) -> str:
    """The newest revision of a folder, which holds one branch without forks.

    Not by Alembic's ScriptDirectory: a running service asks too, and would need 9 MiB more.
    """
    matches = (_REVISION.search(path.read_text(encoding="utf-8")) for path in folder.glob("*.py"))
    return max(match[1] for match in matches if match)


def _version_folders(service: str) -> list[Path]:
    """Where the revisions of a service are, and those of the chassis if it uses its tables."""
    manifest = find_service(service)
    own = Path(str(resources.files(manifest.package))) / "migrations" / "versions"
    return [own] if manifest.service is None else [_CHASSIS_MIGRATIONS / "versions", own]


def _alembic(service: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_CHASSIS_MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, _version_folders(service))))
    return config
