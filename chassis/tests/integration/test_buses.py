"""What every bus promises. One suite, run over the embedded bus and over RabbitMQ."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from uuid import uuid4

import pytest
from linli_chassis.messaging.dead_letters import dead_events, replay
from linli_devkit.bus_environment import CONSUMER, Bus, emit_rejections
from linli_devkit.processes import eventually


class BusConformance:
    """The promises; subclasses say over which bus."""

    def test_a_committed_event_takes_effect_once_with_its_number(self, bus: Bus) -> None:
        with bus.relay(), bus.probe():
            [subject] = bus.reject()
            [effect] = bus.await_effects(1)
        assert (effect.subject, effect.sequence) == (str(subject), 1)

    def test_an_event_of_a_transaction_that_failed_is_never_published(self, bus: Bus) -> None:
        def change_and_fail() -> None:
            with bus.producer.unit_of_work() as uow:
                emit_rejections(uow, [uuid4()], "repeated")
                raise RuntimeError("changed my mind")

        with pytest.raises(RuntimeError):
            change_and_fail()
        with bus.relay(), bus.probe():
            [subject] = bus.reject()
            effects = bus.await_effects(1)
        assert [effect.subject for effect in effects] == [str(subject)]

    def test_events_of_one_aggregate_arrive_in_their_order(self, bus: Bus) -> None:
        subjects = [uuid4() for _ in range(5)]
        with bus.relay(), bus.probe():
            for _ in range(20):
                for subject in subjects:
                    bus.reject(subject=subject)
            effects = bus.await_effects(100)
        sequences = defaultdict(list)
        for effect in effects:
            sequences[effect.subject].append(effect.sequence)
        assert sequences == {str(subject): list(range(1, 21)) for subject in subjects}

    def test_an_event_published_again_has_no_second_effect(self, bus: Bus) -> None:
        with bus.relay(), bus.probe():
            bus.reject(50)
            bus.await_effects(50)
            eventually(
                lambda: (
                    bus.count("SELECT count(*) FROM outbox WHERE published_at IS NULL", "grid") == 0
                )
            )
            bus.execute("UPDATE outbox SET published_at = NULL", "grid")
            bus.reject()
            effects = bus.await_effects(51)
            eventually(
                lambda: (
                    bus.count("SELECT count(*) FROM outbox WHERE published_at IS NULL", "grid") == 0
                )
            )
            bus.reject()
            effects = bus.await_effects(52)
        assert len(effects) == len({effect.event_id for effect in effects}) == 52

    def test_an_event_that_fails_holds_nobody_up_and_is_tried_until_it_works(
        self, bus: Bus
    ) -> None:
        with bus.relay(), bus.probe():
            bus.reject(reason="no_consent")
            bus.reject(20)
            assert len(bus.await_effects(20)) == 20
            assert bus.count("SELECT count(*) FROM inbox WHERE state = 'due'") == 1
            bus.execute("INSERT INTO gate VALUES (true)")
            bus.await_effects(21)
            assert (
                bus.count("SELECT count(*) FROM inbox WHERE state <> 'handled' OR body IS NOT NULL")
                == 0
            )

    def test_an_event_that_can_never_be_handled_ends_as_a_dead_letter_and_can_be_replayed(
        self, bus: Bus
    ) -> None:
        with bus.relay(), bus.probe():
            bus.reject(reason="false_report")
            eventually(lambda: bus.count("SELECT count(*) FROM inbox WHERE attempts >= 5") == 1)
            bus.execute("UPDATE inbox SET attempts = 11, next_attempt_at = now()")
            eventually(lambda: bus.count("SELECT count(*) FROM inbox WHERE state = 'dead'") == 1)
            assert (
                bus.count("SELECT count(*) FROM inbox WHERE error LIKE 'ValueError: fingerprint%'")
                == 1
            )
            bus.execute("INSERT INTO gate VALUES (true)")  # its cause is repaired
            [dead] = dead_events(bus.consumer, CONSUMER)
            assert replay(bus.consumer, CONSUMER, [dead.event_id], "Li Na") == 1
            [effect] = bus.await_effects(1)
            assert effect.event_id == dead.event_id

    def test_a_consumer_killed_under_load_loses_and_doubles_nothing(self, bus: Bus) -> None:
        with bus.relay():
            with bus.probe() as first:
                bus.reject(400)
                bus.await_effects(1)
                first.send_signal(signal.SIGKILL)
                first.wait()
            bus.reject(400)
            with bus.probe():
                effects = bus.await_effects(800)
        assert Counter(effect.event_id for effect in effects).most_common(1)[0][1] == 1
        assert len(effects) == 800

    def test_a_consumer_asked_to_stop_finishes_what_it_has_in_hand(self, bus: Bus) -> None:
        with bus.relay():
            with bus.probe() as first:
                bus.reject(400)
                bus.await_effects(1)
                first.send_signal(signal.SIGTERM)
                assert first.wait(20) == 0
            with bus.probe():
                effects = bus.await_effects(400)
        assert len(effects) == len({effect.event_id for effect in effects}) == 400

    def test_a_second_relay_waits_and_takes_over(self, bus: Bus) -> None:
        with ExitStack() as second, bus.probe():
            with bus.relay():
                bus.reject()
                bus.await_effects(1)
                second.enter_context(bus.relay())
                bus.reject()
                bus.await_effects(2)
            bus.reject(10)
            effects = bus.await_effects(12)
        assert len(effects) == 12


class TestEmbeddedBus(BusConformance):
    @pytest.fixture
    def bus(self, make_bus: Callable[..., Bus]) -> Bus:
        return make_bus()


@pytest.mark.broker
class TestAmqpBus(BusConformance):
    @pytest.fixture
    def bus(self, make_bus: Callable[..., Bus], amqp_uri: str) -> Bus:
        return make_bus(AMQP_URI=amqp_uri)
