"""Declares or checks the topology over a connection that publishes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TopologyChannel:
    """A channel that is open for one declaration: the broker closes a channel that it refuses.

    Args:
        set_up: `topology.declare` or `topology.check`, without its channel.
        on_done: called when all of it stands.
        on_failure: called with the channel and the reason when the broker refuses.
    """

    def __init__(
        self,
        set_up: Callable[[Any], None],
        on_done: Callable[[], None],
        on_failure: Callable[[Any, BaseException], None],
    ) -> None:
        self._set_up, self._on_done, self._on_failure = set_up, on_done, on_failure
        self._busy = False
        self.stands = False
        """Whether the last declaration is complete."""

    def start(self, connection: Any) -> None:
        """Begin, unless a declaration is under way."""
        if not self._busy:
            self._busy, self.stands = True, False
            connection.channel(on_open_callback=self._on_open)

    def reset(self) -> None:
        """Forget a declaration over a connection that is gone."""
        self._busy = self.stands = False

    def _on_open(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_close)
        # Without callbacks no call waits for its reply. The broker works in order, so the reply to
        # the last one says that all are done.
        self._set_up(channel)
        channel.basic_qos(prefetch_count=1, callback=lambda _frame: self._on_last_reply(channel))

    def _on_last_reply(self, channel: Any) -> None:
        self._busy, self.stands = False, True
        channel.close()
        self._on_done()

    def _on_close(self, channel: Any, reason: BaseException) -> None:
        if self._busy:
            self._busy = False
            self._on_failure(channel, reason)
