"""The entrypoint by which a service subscribes to events."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from eventlet.event import Event as Signal
from greenlet import GreenletExit
from linli_contracts.envelope import Event
from linli_contracts.schema import EventData
from nameko.extensions import Entrypoint, register_entrypoint

from linli_chassis.messaging.consumer import InboxConsumer
from linli_chassis.messaging.inbox import NotYet
from linli_chassis.observability import logs, tracing
from linli_chassis.storage.unit_of_work import UnitOfWork

_F = TypeVar("_F", bound=Callable[..., Any])

__all__ = ["Event", "NotYet", "UnitOfWork", "subscribe"]


class Subscription(Entrypoint):
    """Calls a method `(uow, events)` with batches of events of some types, each event once."""

    consumer = InboxConsumer()

    def __init__(self, *schemas: type[EventData], **options: Any) -> None:
        self.types = tuple(schema.event_type.name for schema in schemas)
        super().__init__(**options)

    def setup(self) -> None:
        """Join the one consumer of the service."""
        self.consumer.register_provider(self)

    def stop(self) -> None:
        """Stop taking events in before the workers are waited for."""
        self.consumer.stop_consuming()
        self.consumer.unregister_provider(self)

    def handle(self, uow: UnitOfWork[Any], events: list[Event]) -> None:
        """Run the service method as a nameko worker; raises what it raises."""
        run_worker(self, uow, events)


def subscribe(*schemas: type[EventData]) -> Callable[[_F], _F]:
    """Let a service method `(uow, events)` handle the events of these types; see `Subscription`."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def run(service: Any, uow: UnitOfWork[Any], events: list[Event]) -> None:
            # Here and not in `handle`, for each greenlet has a context of its own.
            with logs.bound_to(uow.service, events), tracing.bound_to(events), _failing_only():
                function(service, uow, events)

        register_entrypoint(run, Subscription(*schemas))
        return run  # type: ignore[return-value]

    return decorate


class Aborted(Exception):
    """A service method ended by what is no `Exception`, such as `eventlet.Timeout`."""


@contextmanager
def _failing_only() -> Iterator[None]:
    """Raise `Aborted` for what is no `Exception`: nameko would let it end the worker silently,
    and who waits for the worker would wait for ever.
    """
    try:
        yield
    except (Exception, GreenletExit):
        raise
    except BaseException as error:
        raise Aborted(type(error).__name__) from error


def run_worker(entrypoint: Entrypoint, *args: Any) -> Any:
    """Run an entrypoint's service method as a nameko worker; its result or its exception."""
    done = Signal()

    def finish(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        done.send(result, exc_info)
        return result, None  # the caller handles the error; it is not nameko's to log

    entrypoint.container.spawn_worker(entrypoint, args, {}, handle_result=finish)
    return done.wait()
