"""Logs as JSON lines: one format for structlog and the standard library, without personal data."""

from __future__ import annotations

import hashlib
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol, TextIO

import psycopg2
import sqlalchemy as sa
import structlog
from linli_kernel.errors import DomainError
from structlog.typing import EventDict, Processor

from linli_chassis.observability import tracing

log = structlog.get_logger(__name__)

PERSONAL_KEYS = frozenset(
    {
        "name",
        "phone",
        "contact",
        "description",
        "address",
        "token",
        "secret",
        "password",
        "tracking_code",
        "authorization",
        "body",
    }
)
"""Keys dropped from every line: the last defence, for such values are not to be logged at all."""

LIBRARIES = (
    "alembic",
    "amqp",
    "eventlet",
    "kombu",
    "nameko",
    "opentelemetry",
    "pika",
    "sqlalchemy",
    "urllib3",
    "werkzeug",
)

# Classes of PostgreSQL's errors (its appendix A) whose first line names columns, tables and
# constraints but no values: constraints, transactions, names and rights, resources, the server.
_WITHOUT_VALUES = ("23", "25", "40", "42", "53", "55", "57")

_OUR_PACKAGES = ("linli_chassis", "linli_contracts")
MAX_FRAMES = 50  # of a recursion without end there are a thousand

IDS_A_LINE = 100  # collectors cut lines of more than 16 KiB


def configure(service: str, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream` (standard error by default), as JSON lines.

    Args:
        service: Stands in lines that are not bound to another service.
        level: A level of `logging`; libraries log from WARNING on, whatever it is.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _with_service(service),
        _with_trace,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                render_exception,
                drop_personal_data,
                in_order,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    sys.excepthook = log_uncaught
    for library in LIBRARIES:
        # At INFO they log every connection; at DEBUG every message, values and all.
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    # pika logs one failed attempt as seven errors; what it raises is logged where it is caught.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    # It logs the text of an error, which may hold a resident's words; whoever spawned the worker
    # logs what matters.
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)


def events(what: str, service: str, events: Sequence[EventLike], **more: Any) -> None:
    """Log at INFO what was done with events: their types and correlation ids, a line per batch."""
    if not logging.getLogger(__name__).isEnabledFor(logging.INFO):
        return
    for first in range(0, len(events), IDS_A_LINE):
        part = events[first : first + IDS_A_LINE]
        log.info(
            what,
            service=service,
            count=len(part),
            types=sorted({event.type for event in part}),
            correlation_ids=list(dict.fromkeys(event.correlation_id for event in part)),
            **more,
        )


@contextmanager
def bound_to(service: str, events: Sequence[EventLike]) -> Iterator[None]:
    """Bind logs to the `correlation_id` of a batch, or to its `correlation_ids`."""
    ids = list(dict.fromkeys(event.correlation_id for event in events))
    bound = {"correlation_id": ids[0]} if len(ids) == 1 else {"correlation_ids": ids[:IDS_A_LINE]}
    with structlog.contextvars.bound_contextvars(service=service, **bound):
        yield


class EventLike(Protocol):
    """An event, or a row that holds one."""

    @property
    def type(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...


def drop_personal_data(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Remove keys named like personal data, at any depth."""
    return {key: _clean(value) for key, value in event.items() if key not in PERSONAL_KEYS}


def in_order(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Put first what an eye looks for first."""
    return {
        **{key: event[key] for key in ("timestamp", "level", "service", "event") if key in event},
        **event,
    }


def render_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by a traceback without the values that database errors quote."""
    exc_info = event.pop("exc_info", None)
    if not exc_info:
        return event
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        event["exception"] = safe_traceback(error)
    return event


def safe_traceback(error: BaseException) -> str:
    """The traceback of an error and of its causes, with `safe_message` for their texts."""
    parts = []
    for link in _chain(error):
        frames = "".join(f"  {frame}\n" for frame in _frames(link)[-MAX_FRAMES:])
        parts.append(
            f"{frames}{type(link).__module__}.{type(link).__qualname__}: {safe_message(link)}"
        )
    return "\n-- led to --\n".join(reversed(parts))


def safe_message(error: BaseException) -> str:
    """The text of an error, if we wrote it: any other may quote what a resident wrote.

    Of a domain error the template; of a database error, which quotes values, codes and names only;
    of an error of Python or a library where it was raised, and a fingerprint to count its like by.
    """
    if isinstance(error, DomainError):
        return error.message
    if type(error).__module__.split(".")[0] in _OUR_PACKAGES:
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, psycopg2.Error):
        diagnostics = cause.diag
        safe = (cause.pgcode or "")[:2] in _WITHOUT_VALUES
        details = {
            "code": cause.pgcode,
            "message": diagnostics.message_primary if safe else None,
            "table": diagnostics.table_name,
            "column": diagnostics.column_name,
            "constraint": diagnostics.constraint_name,
        }
        return (
            ", ".join(f"{name} {value}" for name, value in details.items() if value)
            or "no code from the server"
        )
    return "" if isinstance(error, sa.exc.StatementError) else _place_of(error)


def _place_of(error: BaseException) -> str:
    # A retry comes to a handler by other frames of ours than the first attempt does.
    frames = [frame for frame in _frames(error) if not frame.startswith("linli_chassis.")]
    seen = "\n".join([f"{type(error).__module__}.{type(error).__qualname__}", *frames])
    fingerprint = hashlib.sha256(seen.encode()).hexdigest()[:12]
    return f"fingerprint {fingerprint}, {' < '.join(reversed(frames[-3:]))}".rstrip(", ")


def _frames(error: BaseException) -> list[str]:
    """Where an error came by: code only, no values."""
    return [
        f"{frame.f_globals.get('__name__')}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]


def log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log what nobody caught, which Python would print with its words."""
    if isinstance(error, Exception):
        log.critical("an error was not caught", exc_info=error)
    else:
        sys.__excepthook__(kind, error, trace)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items() if key not in PERSONAL_KEYS}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _with_trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    traceparent = tracing.current()
    return {**event, "trace_id": traceparent.split("-")[1]} if traceparent else event


def _with_service(service: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add
