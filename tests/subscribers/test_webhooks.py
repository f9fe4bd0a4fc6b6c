"""The webhook process against a real broker, a real database and real receivers."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from linli.app import app
from linli.base.context import VARIABLES
from linli_chassis.storage.crypto import Keyring, Tampered
from linli_chassis.storage.database import migrate
from linli_contracts.envelope import Event, Message
from linli_contracts.schema import REGISTRY
from linli_devkit.contracts.examples import stored_example
from linli_devkit.ports import free_port
from linli_devkit.postgres import PostgresServer
from linli_devkit.processes import eventually, process
from linli_webhooks.tables import SCHEMA, engine_of, metadata
from typer.testing import CliRunner

from .conftest import DISTRICT, Broker, closed, rejected, scorecard
from .receiver import Received, Receiver, receiver

pytestmark = pytest.mark.broker

KEYS = "first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
QUEUE = "linli.subscriber.webhooks"


@dataclass
class Webhooks:
    """The process and its command, on a broker and a database of the test's own."""

    broker: Broker
    database_url: str
    amqp_uri: str = ""

    @property
    def environ(self) -> dict[str, str]:
        unset = dict.fromkeys((*VARIABLES.values(), "LINLI_URL"), "")
        return unset | {
            "AMQP_URI": self.amqp_uri or self.broker.amqp_uri,
            "DATABASE_URL": self.database_url,
            "LINLI_DISTRICT": DISTRICT,
            "LINLI_KEYS": KEYS,
            "LINLI_HOME": str(self.broker.folder / "home"),
            "LINLI_LANGUAGE": "en",
            "COLUMNS": "200",
        }

    def linli(self, *arguments: str, code: int = 0, as_json: bool = True) -> Any:
        arguments = ("webhooks", *arguments, *(["--json"] if as_json else []))
        result = CliRunner().invoke(app, list(arguments), env=self.environ)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if as_json else result.stdout

    def add(self, hook: Receiver, types: str = "*") -> Any:
        return self.linli("add", hook.url, "--types", types, "--allow-http", "--allow-private")

    @contextmanager
    def running(self) -> Iterator[Popen[bytes]]:
        """The process, once it subscribes."""
        log = self.broker.folder / "webhooks.log"
        with process(["-m", "linli", "webhooks", "run"], self.environ, log) as running:

            def subscribes() -> bool:
                assert running.poll() is None, log.read_text()
                return bool(self.broker.consumers(QUEUE))

            eventually(subscribes, seconds=60)
            yield running

    def execute(self, sql: str) -> list[Any]:
        connection = psycopg2.connect(self.database_url)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        return dict(self.execute("SELECT state, count(*) FROM webhooks.delivery GROUP BY 1"))

    def hurry(self) -> None:
        """Make due what waits for longer than an attempt may last, so that none is repeated."""
        self.execute(
            "UPDATE webhooks.delivery SET next_attempt_at = now() "
            "WHERE state = 'pending' AND next_attempt_at > now() + interval '2 minutes'"
        )

    def end_leases(self) -> None:
        """Make due what a process that was killed had claimed."""
        self.execute("UPDATE webhooks.delivery SET next_attempt_at = now() WHERE state = 'pending'")


@pytest.fixture
def webhooks(broker: Broker, postgres: PostgresServer) -> Iterator[Webhooks]:
    with postgres.database(["evaluation"]) as database_url:
        yield Webhooks(broker, database_url)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as hook_receiver:
        yield hook_receiver


def ids(events: list[Event]) -> set[str]:
    return {str(event.id) for event in events}


def answering(*statuses: int) -> Callable[[Received, int], int]:
    """These statuses for the attempts at each event, the last for all that follow."""
    return lambda _one, nth: statuses[min(nth, len(statuses)) - 1]


# Delivering


def test_events_are_delivered_signed_each_exactly_once_to_those_who_want_them(
    webhooks: Webhooks, hook: Receiver
) -> None:
    with receiver() as other, webhooks.running():
        added = webhooks.add(hook, "linli.service_desk.*,linli.evaluation.scorecard_published.v1")
        elsewhere = webhooks.add(other, "linli.grid.*")
        wanted, unwanted = (
            [*(closed() for _ in range(50)), scorecard()],
            [rejected() for _ in range(5)],
        )
        webhooks.broker.publish(*unwanted, *wanted)
        eventually(lambda: set(hook.ids) == ids(wanted) and set(other.ids) == ids(unwanted))
        eventually(lambda: webhooks.states() == {"delivered": 56})
    assert len(hook.ids) == 51
    for one in hook.received:
        content = one.verified(added["secret"])
        assert content["id"] == one.headers["webhook-id"]
        assert content["specversion"] == "1.0"
        assert set(content["data"]) <= set(stored_example(REGISTRY[content["type"]])["data"])
    assert (
        other.received[0].verified(elsewhere["secret"])["type"] == "linli.grid.request_rejected.v1"
    )


def test_an_event_published_twice_is_delivered_once(webhooks: Webhooks, hook: Receiver) -> None:
    with webhooks.running():
        webhooks.add(hook)
        event, last = closed(), closed()
        webhooks.broker.publish(event, event, last)
        eventually(lambda: str(last.id) in hook.ids)
        eventually(lambda: webhooks.states() == {"delivered": 2})
    assert sorted(hook.ids) == sorted(ids([event, last]))


def test_what_fails_is_tried_again_after_five_seconds_with_the_same_id(
    webhooks: Webhooks, hook: Receiver
) -> None:
    hook.answer = answering(500, 200)
    with webhooks.running():
        added = webhooks.add(hook)
        event = closed()
        webhooks.broker.publish(event)
        eventually(lambda: len(hook.received) == 1)
        [waiting] = webhooks.linli("deliveries", added["endpoint_id"])
        assert (waiting["state"], waiting["attempts"], waiting["last_status"]) == (
            "pending",
            1,
            500,
        )
        eventually(lambda: len(hook.received) == 2)
        eventually(lambda: webhooks.states() == {"delivered": 1})
    first, second = hook.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(event.id)
    assert second.verified(added["secret"])
    seconds = int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"])
    assert seconds >= 5


def test_a_receiver_that_is_gone_is_disabled_at_once_and_can_be_enabled_again(
    webhooks: Webhooks, hook: Receiver
) -> None:
    hook.answer = answering(410)
    with webhooks.running():
        added = webhooks.add(hook)
        first, later = closed(), [closed() for _ in range(3)]
        webhooks.broker.publish(first)

        def listed() -> Any:
            [endpoint] = webhooks.linli("list")["endpoints"]
            return endpoint if endpoint["disabled_at"] else None

        assert eventually(listed)["disabled_reason"] == "410 Gone"
        webhooks.broker.publish(*later)
        eventually(lambda: webhooks.states() == {"failed": 1, "pending": 3})
        assert len(hook.received) == 1
        assert "disabled: 410 Gone" in webhooks.linli("list", as_json=False)
        hook.answer = answering(410, 200)
        hook.received.extend(
            Received("", {"webhook-id": str(event.id)}, b"") for event in later
        )  # as if tried once
        webhooks.linli("enable", added["endpoint_id"])
        eventually(lambda: webhooks.states() == {"delivered": 4})


def test_the_process_exports_its_metrics(webhooks: Webhooks, hook: Receiver) -> None:
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINLI_METRICS_BIND", f"127.0.0.1:{port}")
        hook.answer = answering(410)
        with webhooks.running():
            webhooks.add(hook)
            webhooks.broker.publish(closed())
            eventually(lambda: webhooks.states() == {"failed": 1})
            metrics = {
                line.rpartition(" ")[0]: line.rpartition(" ")[2]
                for line in got(port, "/metrics").splitlines()
            }
            assert metrics['linli_webhook_deliveries_total{outcome="given_up"}'] == "1.0"
            assert metrics['linli_webhook_deliveries_total{outcome="delivered"}'] == "0.0"
            assert json.loads(got(port, "/healthz")) == {"status": "ok", "service": "webhooks"}


def got(port: int, path: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        return connection.getresponse().read().decode()


def test_a_receiver_that_takes_nothing_on_the_whole_schedule_is_disabled(
    webhooks: Webhooks, hook: Receiver
) -> None:
    hook.answer = answering(503)
    with receiver() as good, webhooks.running():
        webhooks.add(hook)
        webhooks.add(good)
        webhooks.broker.publish(closed())

        def given_up() -> bool:
            webhooks.hurry()
            return webhooks.states() == {"failed": 1, "delivered": 1}

        eventually(given_up, seconds=60, every=0.2)
        assert (len(hook.received), len(good.received)) == (10, 1)
        bad, fine = webhooks.linli("list")["endpoints"]
        assert bad["disabled_reason"] == "nothing was taken on the whole schedule"
        assert fine["disabled_at"] is None


def test_a_receiver_that_refuses_one_event_for_days_but_takes_others_stays_enabled(
    webhooks: Webhooks, hook: Receiver
) -> None:
    poison = closed()
    hook.answer = lambda one, _nth: 400 if one.headers["webhook-id"] == str(poison.id) else 200
    with webhooks.running():
        webhooks.add(hook)
        webhooks.broker.publish(poison)
        eventually(lambda: len(hook.received) == 1)
        webhooks.broker.publish(closed())

        def given_up() -> bool:
            webhooks.hurry()
            return webhooks.states() == {"failed": 1, "delivered": 1}

        eventually(given_up, seconds=60, every=0.2)
        [endpoint] = webhooks.linli("list")["endpoints"]
        assert (endpoint["disabled_at"], endpoint["failed"]) == (None, 1)


def test_a_redirect_is_a_failure_and_not_followed(webhooks: Webhooks, hook: Receiver) -> None:
    with receiver() as other, webhooks.running():
        hook.answer, hook.location = answering(302), other.url
        webhooks.add(hook)
        webhooks.broker.publish(closed())
        eventually(
            lambda: webhooks.execute("SELECT 1 FROM webhooks.delivery WHERE last_status = 302")
        )
    assert not other.received


def test_a_slow_receiver_does_not_hold_up_another(webhooks: Webhooks, hook: Receiver) -> None:
    gate = threading.Event()
    under_way: list[int] = []
    lock, now = threading.Lock(), [0]

    def slow(_one: Received, _nth: int) -> int:
        with lock:
            now[0] += 1
            under_way.append(now[0])
        gate.wait(30)
        with lock:
            now[0] -= 1
        return 200

    hook.answer = slow
    with receiver() as quick, webhooks.running():
        webhooks.add(hook)
        webhooks.add(quick)
        events = [closed() for _ in range(40)]
        webhooks.broker.publish(*events)
        eventually(lambda: set(quick.ids) == ids(events))
        gate.set()
        eventually(lambda: set(hook.ids) == ids(events))
    assert max(under_way) == 4


def test_the_account_of_a_subscriber_is_all_that_the_process_needs(
    webhooks: Webhooks, hook: Receiver
) -> None:
    management = f"http://guest:guest@127.0.0.1:{webhooks.broker.server.management_port}"
    environ = {**webhooks.environ, "LINLI_MANAGEMENT_URL": management}
    added = CliRunner().invoke(
        app, ["subscriber", "add", "webhooks", "--types", "*", "--json"], env=environ
    )
    account = json.loads(added.stdout)
    limited = Webhooks(webhooks.broker, webhooks.database_url, account["amqp_uri"])
    with limited.running():
        limited.add(hook)
        event = closed()
        webhooks.broker.publish(event)
        eventually(lambda: hook.ids == [str(event.id)])
    CliRunner().invoke(app, ["subscriber", "remove", "webhooks"], env=environ)


# Losing nothing


def test_a_process_killed_in_between_loses_nothing(webhooks: Webhooks, hook: Receiver) -> None:
    events = [closed() for _ in range(120)]
    with webhooks.running() as first:
        webhooks.add(hook)
        webhooks.broker.publish(*events[:60])
        eventually(lambda: hook.received)
        first.send_signal(signal.SIGKILL)
        first.wait()
    webhooks.broker.publish(*events[60:])
    with webhooks.running():
        webhooks.end_leases()
        eventually(lambda: set(hook.ids) == ids(events), seconds=60)
        eventually(lambda: webhooks.states() == {"delivered": 120})


def test_a_process_that_is_asked_to_stop_finishes_what_is_under_way(
    webhooks: Webhooks, hook: Receiver
) -> None:
    gate = threading.Event()
    hook.answer = lambda _one, _nth: 200 if gate.wait(30) else 500
    with webhooks.running() as running:
        webhooks.add(hook)
        webhooks.broker.publish(closed())
        eventually(lambda: hook.received)
        running.send_signal(signal.SIGTERM)
        gate.set()
        assert running.wait(30) == 0
    assert webhooks.states() == {"delivered": 1}
    assert len(hook.received) == 1


def test_two_processes_share_the_deliveries(webhooks: Webhooks, hook: Receiver) -> None:
    with webhooks.running(), webhooks.running():
        webhooks.add(hook)
        events = [closed() for _ in range(100)]
        webhooks.broker.publish(*events)
        eventually(lambda: webhooks.states() == {"delivered": 100}, seconds=60)
    assert sorted(hook.ids) == sorted(ids(events))


def test_what_cannot_be_read_is_stored_and_reported(webhooks: Webhooks, hook: Receiver) -> None:
    with webhooks.running():
        webhooks.add(hook)
        webhooks.broker.publish_message(
            Message({"ce-id": "x"}, b"\xff\x00"), "110101.grid.request_rejected.v1"
        )
        event = closed()
        webhooks.broker.publish(event)
        eventually(lambda: hook.ids == [str(event.id)])
    assert webhooks.linli("list")["unreadable"] == 1
    assert "1 events could not be read" in webhooks.linli("list", as_json=False)


# The command


def test_a_secret_is_shown_once_and_kept_encrypted(webhooks: Webhooks, hook: Receiver) -> None:
    added = webhooks.add(hook)
    [[stored]] = webhooks.execute("SELECT secret FROM webhooks.endpoint")
    assert added["secret"] not in stored
    assert Keyring.parse(KEYS).decrypt(stored, added["endpoint_id"]) == added["secret"]
    with pytest.raises(Tampered):
        Keyring.parse(KEYS).decrypt(stored, "another endpoint")
    assert added["secret"] not in json.dumps(webhooks.linli("list"))
    shown = webhooks.linli(
        "add", "https://example.com/hook", "--types", "*", "--allow-private", as_json=False
    )
    assert "whsec_" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("http://example.com/", "--types", "*"), "does not begin with https://"),
        (("https://user:pw@example.com/", "--types", "*"), "holds an account"),
        (("https://127.0.0.1/", "--types", "*"), "not a public address"),
        (("https://localhost:8443/", "--types", "*"), "not a public address"),
        (("https://169.254.169.254/latest", "--types", "*"), "not a public address"),
        (("https://example.com/", "--types", "linli.gird.*"), "no event type"),
    ],
)
def test_an_endpoint_that_may_not_be_is_refused(
    webhooks: Webhooks, arguments: tuple[str, ...], words: str
) -> None:
    assert words in webhooks.linli("add", *arguments, code=2)["error"]
    assert webhooks.linli("list")["endpoints"] == []


def test_a_private_address_that_a_name_leads_to_later_is_refused_at_delivery(
    webhooks: Webhooks, hook: Receiver
) -> None:
    added = webhooks.add(hook)
    webhooks.execute("UPDATE webhooks.endpoint SET allow_private = false")
    with webhooks.running():
        webhooks.broker.publish(closed())
        eventually(
            lambda: webhooks.execute(
                "SELECT 1 FROM webhooks.delivery WHERE last_error LIKE '%not a public%'"
            )
        )
    assert not hook.received
    assert webhooks.linli("deliveries", added["endpoint_id"], "--state", "pending")
    assert "ForbiddenAddress" in webhooks.linli("deliveries", as_json=False)


def test_a_removed_endpoint_gets_nothing_more(webhooks: Webhooks, hook: Receiver) -> None:
    hook.answer = answering(500)
    with receiver() as other, webhooks.running():
        added = webhooks.add(hook)
        webhooks.add(other)
        webhooks.broker.publish(closed())
        eventually(lambda: hook.received)
        webhooks.linli("remove", added["endpoint_id"])
        event = closed()
        webhooks.broker.publish(event)
        eventually(lambda: str(event.id) in other.ids)
    assert len(hook.received) == 1
    assert webhooks.states() == {"delivered": 2}
    assert "no endpoint" in webhooks.linli("remove", added["endpoint_id"], code=1)["error"]
    assert "no endpoint" in webhooks.linli("enable", added["endpoint_id"], code=1)["error"]
    assert "no UUID" in webhooks.linli("remove", "x", code=2)["error"]
    assert "no state" in webhooks.linli("deliveries", "--state", "lost", code=2)["error"]


def test_a_process_without_a_broker_or_without_its_rights_says_so(
    webhooks: Webhooks, tmp_path: Path
) -> None:
    def ended(**changed: str) -> str:
        log = tmp_path / "log"
        with process(
            ["-m", "linli", "webhooks", "run"], {**webhooks.environ, **changed}, log
        ) as running:
            assert running.wait(60) in (1, 2)
        return log.read_text()

    assert "Webhooks need a broker" in ended(AMQP_URI="")
    assert "linli subscriber add webhooks" in ended(
        AMQP_URI=webhooks.broker.amqp_uri.replace("guest@", "wrong@")
    )
    assert "LINLI_KEYS: is required" in ended(LINLI_KEYS="")


def test_the_migrations_make_the_tables_that_the_code_declares(webhooks: Webhooks) -> None:
    migrate(webhooks.database_url, SCHEMA)
    migrate(webhooks.database_url, SCHEMA)
    engine = engine_of(webhooks.database_url)
    with engine.connect() as connection:
        options = {
            "include_name": lambda name, kind, _parents: (
                (kind, name) != ("table", "alembic_version")
            )
        }
        assert (
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        )
        schema = sa.text(
            "SELECT table_schema FROM information_schema.tables WHERE table_name = 'endpoint'"
        )
        assert connection.execute(schema).scalars().all() == ["webhooks"]
    engine.dispose()


def test_what_is_older_than_its_days_is_forgotten(webhooks: Webhooks, hook: Receiver) -> None:
    with webhooks.running():
        webhooks.add(hook)
        webhooks.broker.publish(closed(), closed())
        eventually(lambda: webhooks.states() == {"delivered": 2})
    webhooks.execute(
        "UPDATE webhooks.event SET received_at = now() - interval '8 days' WHERE ctid IN "
        "(SELECT ctid FROM webhooks.event LIMIT 1)"
    )
    with webhooks.running():
        eventually(lambda: webhooks.states() == {"delivered": 1})
