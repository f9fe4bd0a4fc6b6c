"""The client of subscribers against a real broker: live, replayed, and when things go wrong."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from linli_chassis.messaging import topology
from linli_client.events import NotNow, PositionFile, Quarantined, Refused, names, read_quarantine
from linli_contracts.envelope import Event, Message, decode, encode
from linli_contracts.events.service_desk.cases import CaseClosed
from linli_devkit.processes import eventually, process

from .conftest import Broker, closed, rejected, scorecard

pytestmark = pytest.mark.broker


def test_the_client_and_the_platform_speak_of_the_same_exchange_and_log() -> None:
    assert (names.EXCHANGE, names.LOG) == (topology.EXCHANGE, topology.STREAM)


# Live


def test_live_events_of_the_wanted_types_come_typed_and_in_order(broker: Broker) -> None:
    events = [closed(sequence=n, working_hours=n / 4) for n in range(1, 21)]
    with broker.following(
        "city", ["linli.service_desk.*", "linli.evaluation.scorecard_published.v1"]
    ) as city:
        card = scorecard()
        broker.publish(rejected(), *events, rejected(), card)
        city.await_ids(*events, card)
    assert city.events[:20] == events
    assert broker.waiting("linli.subscriber.city") == 0


def test_events_that_come_while_nobody_is_connected_wait_in_the_queue(broker: Broker) -> None:
    with broker.following("city", CaseClosed):
        pass
    events = [closed() for _ in range(3)]
    broker.publish(*events)
    with broker.following("city", CaseClosed) as city:
        city.await_ids(*events)


def test_two_subscribers_each_get_all(broker: Broker) -> None:
    with broker.following("city") as city, broker.following("hospital") as hospital:
        events = [closed(), rejected(), scorecard()]
        broker.publish(*events)
        city.await_ids(*events)
        hospital.await_ids(*events)


def test_a_second_process_of_the_same_name_stands_by_and_takes_over(broker: Broker) -> None:
    before, after = [closed() for _ in range(5)], [closed() for _ in range(5)]
    with broker.following("city") as active, broker.following("city") as standby:
        eventually(lambda: len(broker.connections("city")) == 2)
        broker.publish(*before)
        active.await_ids(*before)
        active.subscriber.stop()
        broker.publish(*after)
        standby.await_ids(*after)


def test_what_a_stopping_process_holds_comes_to_the_next_before_what_was_published_later(
    broker: Broker,
) -> None:
    entered, gate = threading.Event(), threading.Event()

    def slow(_event: Event) -> None:
        entered.set()
        gate.wait(30)

    events = [closed(sequence=n) for n in range(1, 61)]  # more than is fetched ahead
    with broker.following("city", handler=slow) as active, broker.following("city") as standby:
        eventually(lambda: len(broker.connections("city")) == 2)
        broker.publish(*events)
        entered.wait(30)
        active.subscriber.stop()
        gate.set()
        standby.await_ids(*events[1:])
    active.await_ids(events[0])


def test_types_no_longer_wanted_do_not_come_though_the_queue_is_still_bound_to_them(
    broker: Broker,
) -> None:
    with broker.following("city", "*"):
        pass
    event = closed()
    broker.publish(rejected(), event, scorecard())
    with broker.following("city", "linli.service_desk.*") as city:
        city.await_ids(event)
        eventually(lambda: broker.waiting("linli.subscriber.city") == 0)


# From the log


def test_the_log_is_replayed_from_its_beginning_filtered_by_type_and_goes_on_live(
    broker: Broker,
) -> None:
    old = [closed(), closed()]
    broker.publish(old[0], rejected(), old[1])
    with broker.following("city", "linli.service_desk.*", since="first") as city:
        city.await_ids(*old)
        new = closed()
        broker.publish(rejected(), new)
        city.await_ids(*old, new)


def test_the_log_is_replayed_from_an_offset_and_then_live(broker: Broker) -> None:
    events = [closed() for _ in range(10)]
    broker.publish(*events)
    with broker.following("city", since=6) as city:
        city.await_ids(*events[6:])
        live = closed()
        broker.publish(live)
        city.await_ids(*events[6:], live)


def test_the_log_is_replayed_from_a_time_on(broker: Broker) -> None:
    before, after = [closed(), closed()], [closed(), closed()]
    broker.publish(*before)
    second = int(time.time())
    eventually(lambda: int(time.time()) > second)  # times are whole seconds on the wire
    since = datetime.now(UTC)
    broker.publish(*after)
    with (
        broker.following("late", since=since) as late,
        broker.following("early", since=since - timedelta(1)) as early,
    ):
        late.await_ids(*after)
        early.await_ids(*before, *after)


def test_what_was_handled_of_the_log_is_not_replayed_after_a_restart(broker: Broker) -> None:
    events = [closed() for _ in range(6)]
    broker.publish(*events[:3])
    with broker.following("city", since="first") as city:
        city.await_ids(*events[:3])
    assert PositionFile(broker.folder / "city.position.json").load() == ("linli.log", 2)
    broker.publish(*events[3:])
    with broker.following("city", since="first") as city:
        city.await_ids(*events[3:])


def test_a_position_may_be_kept_elsewhere(broker: Broker) -> None:
    class Memory:
        position: tuple[str, int] | None = None

        def load(self) -> tuple[str, int] | None:
            return self.position

        def save(self, log: str, offset: int) -> None:
            self.position = (log, offset)

    memory, events = Memory(), [closed(), closed()]
    broker.publish(*events)
    with broker.following("city", since="first", position=memory) as city:
        city.await_ids(*events)
    assert memory.position == ("linli.log", 1)
    assert not list(broker.folder.iterdir())


def test_a_position_in_another_log_is_refused(broker: Broker) -> None:
    PositionFile(broker.folder / "city.position.json").save("linli.subscriber.city.log", 5)
    with pytest.raises(ValueError, match=r"linli\.subscriber\.city\.log, but linli\.log is read"):
        broker.subscriber("city").subscribe("*", print, since="first")


# Handlers that fail


def test_a_handler_that_fails_at_first_is_called_again_before_the_next_event(
    broker: Broker,
) -> None:
    calls: list[Event] = []

    def handler(event: Event) -> None:
        calls.append(event)
        if len(calls) < 3:
            raise OSError("the letter box is full")

    with broker.following("city", handler=handler) as city:
        events = [closed(), closed()]
        broker.publish(*events)
        city.await_ids(*events)
    assert calls == [events[0], events[0], events[0], events[1]]


def test_an_event_the_handler_never_takes_is_set_aside_and_the_next_comes(broker: Broker) -> None:
    def handler(event: Event) -> None:
        if event.data["working_hours"] == 13:
            raise ValueError("unlucky")

    bad, good = closed(working_hours=13), closed()
    with broker.following("city", "linli.service_desk.*", handler=handler) as city:
        broker.publish(bad, good)
        city.await_ids(good)
    [quarantined] = read_quarantine(broker.folder / "city.quarantine.jsonl")
    assert decode(quarantined.message) == bad
    assert (quarantined.attempts, quarantined.reason) == (
        3,
        "the handler failed: ValueError: unlucky",
    )
    assert quarantined.routing_key == "110101.service_desk.case_closed.v1"


def test_a_handler_that_says_not_now_is_asked_until_it_can(
    broker: Broker, quarantined: list[Quarantined]
) -> None:
    gate, calls = threading.Event(), Counter[Any]()

    def handler(event: Event) -> None:
        calls[event.id] += 1
        if not gate.is_set():
            raise NotNow("my database is away")

    with broker.following(
        "city", handler=handler, retry_seconds=(), quarantine=quarantined.append
    ) as city:
        events = [closed(), closed()]
        broker.publish(*events)
        eventually(lambda: calls[events[0].id] > 1)
        assert not calls[events[1].id]
        gate.set()
        city.await_ids(*events)
    assert not quarantined


def unreadable() -> Iterator[Message]:
    whole = encode(closed())
    yield Message(whole.headers, b"{")
    yield Message(whole.headers, b'{"case_id": 1}')
    yield Message(whole.headers, b"\xff")
    yield Message({**whole.headers, "ce-type": "linli.service_desk.case_forgotten.v1"}, whole.body)
    yield Message({}, whole.body)
    yield Message(whole.headers, whole.body, "text/plain")
    yield Message(whole.headers, b"x" * 70_000)


def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(
    broker: Broker, quarantined: list[Quarantined]
) -> None:
    good, poison = closed(), list(unreadable())
    with broker.following("city", quarantine=quarantined.append) as city:
        for message in poison:
            broker.publish_message(message, "110101.service_desk.case_closed.v1")
        broker.publish(good)
        city.await_ids(good)
    assert [one.message.body for one in quarantined] == [message.body for message in poison]
    assert all(one.reason.startswith("unreadable: ") and one.attempts == 0 for one in quarantined)


def test_what_cannot_be_set_aside_stays_with_the_broker(broker: Broker) -> None:
    tries: list[Quarantined] = []

    def full_disk(quarantined: Quarantined) -> None:
        tries.append(quarantined)
        raise OSError("no space left on device")

    with broker.following("city", quarantine=full_disk):
        broker.publish_message(Message({}, b"{"), "110101.grid.x.v1")
        eventually(lambda: len(tries) == 2)
    eventually(lambda: broker.waiting("linli.subscriber.city") == 1)


# Connections that fail


def test_a_handler_may_run_longer_than_the_heartbeat(broker: Broker) -> None:
    calls: list[Event] = []

    def handler(event: Event) -> None:
        calls.append(event)
        threading.Event().wait(5)  # RabbitMQ gives up after two heartbeats of a second

    with broker.following("city", handler=handler, heartbeat_seconds=1) as city:
        events = [closed(), closed()]
        broker.publish(*events)
        city.await_ids(*events)
    assert calls == events


def test_a_connection_that_is_closed_is_opened_again_and_nothing_is_handled_twice(
    broker: Broker,
) -> None:
    entered, gate = threading.Event(), threading.Event()

    def handler(event: Event) -> None:
        entered.set()
        gate.wait(30)

    with broker.following("city", handler=handler) as city:
        events = [closed(), closed()]
        broker.publish(*events)
        entered.wait(30)
        [connection] = eventually(lambda: broker.connections("city"))
        broker.server.api("DELETE", f"/connections/{connection['name']}")
        eventually(lambda: broker.consumers("linli.subscriber.city") == 0)
        gate.set()
        city.await_ids(*events)
        last = closed()
        broker.publish(last)
        city.await_ids(*events, last)


def test_a_queue_that_was_deleted_is_made_again_where_the_account_may(broker: Broker) -> None:
    with broker.following("city") as city:
        with broker.channel() as channel:
            channel.queue_delete("linli.subscriber.city")
        eventually(lambda: broker.consumers("linli.subscriber.city"))
        event = closed()
        broker.publish(event)
        city.await_ids(event)


def test_a_broker_that_restarts_is_waited_for_live_and_from_the_log(broker: Broker) -> None:
    before, after = closed(), closed()
    with broker.following("city") as city, broker.following("archive", since="first") as archive:
        broker.publish(before)
        city.await_ids(before)
        archive.await_ids(before)
        broker.server.stop()
        broker.server.start()
        eventually(broker.stands)
        broker.publish(after)
        city.await_ids(before, after, seconds=60)
        archive.await_ids(before, after, seconds=60)


def test_a_broker_that_is_not_there_yet_is_waited_for(broker: Broker) -> None:
    nowhere = broker.subscriber("city", "amqp://guest:guest@127.0.0.1:1/x")
    thread = threading.Thread(target=nowhere.subscribe, args=("*", print))
    thread.start()
    thread.join(1)
    assert thread.is_alive()
    nowhere.stop()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(("old", "new"), [("guest:guest", "guest:wrong"), ("/test", "/nowhere")])
def test_an_account_that_is_refused_is_reported_at_once(broker: Broker, old: str, new: str) -> None:
    with pytest.raises(Refused, match="does not let this account in"):
        broker.subscriber("city", broker.amqp_uri.replace(old, new)).subscribe("*", print)


def test_a_platform_that_never_ran_is_reported_at_once(broker: Broker) -> None:
    empty = broker.server.vhost()
    with pytest.raises(Refused, match=r"no exchange 'linli\.events'"):
        broker.subscriber("city", empty).subscribe("*", print)
    with pytest.raises(Refused, match=r"no queue 'linli\.log'"):
        broker.subscriber("city", empty).subscribe("*", print, since="first")
    broker.server.drop_vhost(empty)


# Processes

PROGRAM = """
import signal, sys
from pathlib import Path
from linli_client.events import Subscriber

def handler(event):
    with open("taken", "a") as file:
        file.write(f"{event.id}\\n")

subscriber = Subscriber(sys.argv[1], "110101", "city")
signal.signal(signal.SIGTERM, subscriber.stop)
subscriber.subscribe("*", handler)
Path("ended").touch()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_ended_under_load_loses_nothing(
    broker: Broker, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(broker.folder)
    taken, events = broker.folder / "taken", [closed(case_id=uuid4()) for _ in range(60)]
    program = ["-c", PROGRAM, broker.amqp_uri]
    with process(program, {}, broker.folder / "log") as first:
        eventually(lambda: broker.consumers("linli.subscriber.city"))
        broker.publish(*events[:20])
        eventually(taken.exists)
        first.send_signal(number)
        assert first.wait(20) == (0 if number == signal.SIGTERM else -number)
    assert (broker.folder / "ended").exists() == (number == signal.SIGTERM)
    broker.publish(*events[20:])
    wanted = {str(event.id) for event in events}
    with process(program, {}, broker.folder / "log"):
        eventually(lambda: set(taken.read_text().split()) == wanted)
    again = len(taken.read_text().split()) - len(events)
    assert again == 0 if number == signal.SIGTERM else again <= 1
