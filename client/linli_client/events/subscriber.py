"""The subscriber as its users see it: it connects, and connects again for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from linli_contracts.envelope import Event
from linli_contracts.schema import EventData
from linli_kernel.backoff import Backoff

from linli_client.errors import Refused
from linli_client.events.connection import BrokerConnection, ConnectionLost
from linli_client.events.dispatcher import Dispatcher
from linli_client.events.names import Wanted, check_name
from linli_client.events.persistence import Position, PositionFile, Quarantined, QuarantineFile
from linli_client.events.sources import QueueSource, Since, Source, StreamSource, check_since

log = logging.getLogger("linli.subscriber")

RETRY_SECONDS = (1.0, 5.0, 30.0)
_RECONNECT_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)


class Subscriber:
    """Follows the events of one district under a name of its own.

    Args:
        amqp_uri: as handed over by the district, e.g. `amqps://user:password@host:5671/linli`.
        district: its six digits, e.g. 110101.
        name: the name that the account was made for. Of two processes with one name, one stands by.
        folder: where `<name>.quarantine.jsonl` and `<name>.position.json` are kept, unless
            `quarantine` and `position` say otherwise.
        quarantine: given each message that cannot be read or taken. While it raises, the message
            stays with the broker.
        position: where the place in the log is kept when `subscribe` is called with `since`.
        retry_seconds: the pauses before a handler that raised is called again.
        heartbeat_seconds: after two of which a silent network is noticed; a handler may run longer.
        prefetch: messages fetched ahead. The broker takes each back that is not handled within 30
            minutes.
    """

    def __init__(
        self,
        amqp_uri: str,
        district: str,
        name: str,
        *,
        folder: Path | str = ".",
        quarantine: Callable[[Quarantined], object] | None = None,
        position: Position | None = None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        heartbeat_seconds: int = 30,
        prefetch: int = 20,
    ) -> None:
        self._uri, self._district, self._name = amqp_uri, district, check_name(name)
        self._quarantine = quarantine or QuarantineFile(Path(folder) / f"{name}.quarantine.jsonl")
        self._position = position or PositionFile(Path(folder) / f"{name}.position.json")
        self._retry_seconds = tuple(retry_seconds)
        self._heartbeat_seconds, self._prefetch = heartbeat_seconds, prefetch
        self._stopping = False

    def subscribe(
        self,
        types: str | type[EventData] | Iterable[str | type[EventData]],
        handler: Callable[[Event], object],
        since: Since | None = None,
    ) -> None:
        """Hand events over to `handler` until `stop` is called. Connects again, for ever, when the
        broker goes away.

        At least once: an event may come again, so keep `event.id` with what you make of it and skip
        what you have. Events of one aggregate (`event.subject`) come in the order in which they
        were published.

        Args:
            types: see `linli_client.events.names.Wanted.of`.
            handler: called in a thread of its own, one event at a time. The event counts as handled
                when it returns. If it raises, it is called again after each of `retry_seconds`, and
                then the event is set aside.
            since: None for live events, from a queue that keeps them for 7 days while nobody is
                connected. Otherwise the log of the last 7 days is read from there on, and then what
                comes: a time of publishing (aware; some that are minutes older may come too), an
                offset, or "first". A position that was kept goes first.
        Raises:
            Refused: the broker says no at the first connection. Later it is asked again for ever.
            ValueError: there is no such type, or a time has no offset.
        """
        wanted = Wanted.of(types, self._district)
        source: Source = QueueSource(self._name, wanted)
        if since is not None:
            source = StreamSource(self._name, check_since(since), self._position)
        with (
            ThreadPoolExecutor(1, thread_name_prefix=f"linli-{self._name}") as worker,
            closing(source),
        ):
            dispatcher = Dispatcher(
                source=source,
                wanted=wanted,
                start=lambda event: worker.submit(handler, event),
                quarantine=self._quarantine,
                retry_seconds=self._retry_seconds,
                is_stopping=lambda: self._stopping,
            )
            self._follow(source, dispatcher)

    def stop(self, *_: object) -> None:
        """Let `subscribe` return once the handler has, for good. Called from any thread, or as a
        signal handler.
        """
        self._stopping = True

    def _follow(self, source: Source, dispatcher: Dispatcher) -> None:
        was_open = False
        backoff = Backoff(_RECONNECT_SECONDS, steady_seconds=max(_RECONNECT_SECONDS))
        while not self._stopping:
            backoff.begin()
            try:
                with closing(self._connect()) as connection:
                    source.open(connection)
                    was_open = True
                    dispatcher.run(connection)
                    return
            except (ConnectionLost, Refused) as error:
                if isinstance(error, Refused) and not was_open:
                    raise
                pause = backoff.pause()
                log.warning("%s: %s; connecting again in %g s", self._name, error, pause)
                self._wait(pause)

    def _connect(self) -> BrokerConnection:
        return BrokerConnection(
            self._uri,
            title=f"linli subscriber {self._name}",
            heartbeat_seconds=self._heartbeat_seconds,
            prefetch=self._prefetch,
        )

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
