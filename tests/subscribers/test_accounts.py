"""The accounts of subscribers: what they can do, and nothing else, by the broker's word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pika
import pytest
import requests
from linli.app import app
from linli.base.context import VARIABLES
from linli.deployment.subscriber_rights import LIMITS, Account, types_of, user_of
from linli_chassis.messaging.topology import STREAM, declare
from linli_client.events import Refused
from linli_client.events.names import LOG_ARGUMENTS, QUEUE_ARGUMENTS, Wanted
from linli_devkit.processes import eventually
from pika.exceptions import (
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from typer.testing import CliRunner

from .conftest import DISTRICT, Broker, closed, rejected, scorecard

pytestmark = pytest.mark.broker

LIMITED = "linli.evaluation.*,linli.service_desk.case_closed.v1"
Linli = Callable[..., Any]


@pytest.fixture
def linli(broker: Broker) -> Iterator[Linli]:
    """Run the command on this broker: its JSON, or with another code than 0 its error."""

    def run(*arguments: str, code: int = 0, as_json: bool = True) -> Any:
        environ = dict.fromkeys((*VARIABLES.values(), "LINLI_URL"), "") | {
            "AMQP_URI": broker.amqp_uri,
            "LINLI_DISTRICT": DISTRICT,
            "LINLI_MANAGEMENT_URL": f"http://guest:guest@127.0.0.1:{broker.server.management_port}",
            "LINLI_HOME": str(broker.folder),
            "LINLI_LANGUAGE": "en",
            "COLUMNS": "160",
        }
        result = CliRunner().invoke(
            app, [*arguments, *(["--json"] if as_json else [])], env=environ
        )
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if as_json else result.stdout

    yield run
    for user in broker.server.api("GET", "/users"):
        if "linli-subscriber" in user["tags"]:
            broker.server.api("DELETE", f"/users/{user['name']}")


@pytest.fixture
def limited(linli: Linli) -> Any:
    """What is handed over to a subscriber of some types."""
    return linli("subscriber", "add", "city", "--types", LIMITED)


# What it can do


def test_what_is_handed_over_is_all_that_a_subscriber_needs(broker: Broker, limited: Any) -> None:
    assert {name: limited[name] for name in limited if name != "amqp_uri"} == {
        "district": DISTRICT,
        "name": "city",
        "types": ["linli.evaluation.*", "linli.service_desk.case_closed.v1"],
        "keys": ["110101.evaluation.#", "110101.service_desk.case_closed.v1"],
        "queue": "linli.subscriber.city",
        "log": "linli.subscriber.city.log",
    }
    with broker.following("city", limited["types"], amqp_uri=limited["amqp_uri"]) as city:
        events = [closed(), scorecard()]
        broker.publish(rejected(), *events, rejected())
        city.await_ids(*events)


def test_a_limited_account_replays_its_own_types_from_a_log_of_its_own(
    broker: Broker, limited: Any
) -> None:
    events = [closed(), scorecard(), closed()]
    broker.publish(rejected(), *events)
    with broker.following(
        "city", limited["types"], since="first", amqp_uri=limited["amqp_uri"]
    ) as city:
        city.await_ids(*events)
        live = closed()
        broker.publish(rejected(), live)
        city.await_ids(*events, live)


def test_an_account_of_all_types_replays_the_log_of_the_district_also_from_before_its_time(
    broker: Broker, linli: Linli
) -> None:
    events = [closed(), rejected()]
    broker.publish(*events)
    added = linli("subscriber", "add", "archive", "--types", "*")
    assert (added["keys"], added["log"]) == (["110101.#"], STREAM)
    with broker.following("archive", since="first", amqp_uri=added["amqp_uri"]) as archive:
        archive.await_ids(*events)


def test_a_subscriber_that_asks_for_more_than_it_may_have_gets_an_error(
    broker: Broker, limited: Any
) -> None:
    with pytest.raises(Refused, match=r"access to topic '110101\.grid\.#'"):
        broker.subscriber("city", limited["amqp_uri"]).subscribe("linli.grid.*", print)
    with pytest.raises(Refused, match=r"queue 'linli\.subscriber\.other'"):
        broker.subscriber("other", limited["amqp_uri"]).subscribe(limited["types"], print)


def test_an_account_survives_its_queue_being_deleted_by_an_operator_as_a_refusal(
    broker: Broker, limited: Any
) -> None:
    with broker.channel() as channel:
        channel.queue_delete("linli.subscriber.city")
    with pytest.raises(Refused, match="access to queue"):
        broker.subscriber("city", limited["amqp_uri"]).subscribe(limited["types"], print)


# That it can do nothing else

OTHERS = (
    "linli.grid",
    "linli.service_desk",
    "linli.evaluation",
    "linli.unrouted",
    STREAM,
    "linli.subscriber.other",
)
OWN = "linli.subscriber.city"
REFUSED: dict[str, Callable[[Any], object]] = {
    "publish an event": lambda c: c.basic_publish(
        "linli.events", "110101.evaluation.scorecard_published.v1", b"{}"
    ),
    "publish to a service's queue": lambda c: c.basic_publish("", "linli.evaluation", b"{}"),
    "publish to its own queue": lambda c: c.basic_publish("", OWN, b"{}"),
    "publish to what is unrouted": lambda c: c.basic_publish("linli.unrouted", "", b"{}"),
    "publish to amq.topic": lambda c: c.basic_publish("amq.topic", "x", b"{}"),
    "bind all": lambda c: c.queue_bind(OWN, "linli.events", "#"),
    "bind all of the district": lambda c: c.queue_bind(OWN, "linli.events", "110101.#"),
    "bind another type": lambda c: c.queue_bind(
        OWN, "linli.events", "110101.grid.request_registered.v1"
    ),
    "bind another version": lambda c: c.queue_bind(
        OWN, "linli.events", "110101.service_desk.case_closed.v2"
    ),
    "bind a longer type": lambda c: c.queue_bind(
        OWN, "linli.events", "110101.service_desk.case_closed.v1.#"
    ),
    "bind another district": lambda c: c.queue_bind(OWN, "linli.events", "110102.evaluation.#"),
    "bind any district": lambda c: c.queue_bind(OWN, "linli.events", "*.evaluation.#"),
    "bind by the end": lambda c: c.queue_bind(
        OWN, "linli.events", "#.evaluation.scorecard_published.v1"
    ),
    "bind to another exchange": lambda c: c.queue_bind(OWN, "amq.topic", "#"),
    "bind to what is unrouted": lambda c: c.queue_bind(OWN, "linli.unrouted", ""),
    "bind another's queue": lambda c: c.queue_bind(
        "linli.evaluation", "linli.events", "110101.evaluation.#"
    ),
    "bind its log": lambda c: c.queue_bind(f"{OWN}.log", "linli.events", "110101.evaluation.#"),
    "bind an exchange": lambda c: c.exchange_bind(
        "linli.unrouted", "linli.events", "110101.evaluation.#"
    ),
    "unbind a service's queue": lambda c: c.queue_unbind(
        "linli.evaluation", "linli.events", "110101.grid.request_registered.v1"
    ),
    "declare a queue": lambda c: c.queue_declare("mine"),
    "declare a queue without a name": lambda c: c.queue_declare("", exclusive=True),
    "declare its own queue otherwise": lambda c: c.queue_declare(OWN, durable=True, arguments={}),
    "declare a subscriber's queue": lambda c: c.queue_declare(
        "linli.subscriber.city2", durable=True
    ),
    "declare an exchange": lambda c: c.exchange_declare("mine"),
    "delete its own queue": lambda c: c.queue_delete(OWN),
    "delete the exchange": lambda c: c.exchange_delete("linli.events"),
    **{f"read {name}": lambda c, name=name: c.basic_get(name) for name in OTHERS},
    **{f"purge {name}": lambda c, name=name: c.queue_purge(name) for name in OTHERS},
    **{f"delete {name}": lambda c, name=name: c.queue_delete(name) for name in OTHERS},
}


@pytest.fixture(scope="module")
def restricted(rabbit: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a limited account, shared by attempts that all fail."""
    broker = Broker(rabbit, rabbit.vhost(), tmp_path_factory.mktemp("restricted"))
    account = Account("city", Wanted.of(LIMITED.split(","), DISTRICT))
    with broker.channel() as channel:
        declare(channel, DISTRICT)
        channel.queue_declare(
            "linli.subscriber.other", durable=True, arguments=dict(QUEUE_ARGUMENTS)
        )
        for queue, arguments in account.queues.items():
            channel.queue_declare(queue, durable=True, arguments=dict(arguments))
    rabbit.api("PUT", "/users/restricted", {"password": "x", "tags": ""})
    rabbit.api("PUT", f"/topic-permissions/{broker.vhost}/restricted", account.topic_permissions)
    rabbit.api("PUT", f"/permissions/{broker.vhost}/restricted", account.permissions)
    yield broker.amqp_uri.replace("guest:guest", "restricted:x")
    rabbit.api("DELETE", "/users/restricted")
    rabbit.drop_vhost(broker.amqp_uri)


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_a_limited_account_may_not(restricted: str, attempt: Callable[[Any], object]) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(restricted))
    channel = connection.channel()
    channel.confirm_delivery()
    with pytest.raises(ChannelClosedByBroker) as refused:
        attempt(channel)
    assert refused.value.reply_code == 403
    connection.close()


def test_an_account_of_all_types_may_not_leave_its_district_nor_touch_a_queue(
    broker: Broker, linli: Linli
) -> None:
    added = linli("subscriber", "add", "archive", "--types", "*")
    attempts: list[Callable[[Any], object]] = [
        lambda c: c.queue_bind("linli.subscriber.archive", "linli.events", "#"),
        lambda c: c.queue_bind("linli.subscriber.archive", "linli.events", "110102.#"),
        lambda c: c.basic_publish("linli.events", "110101.grid.x.v1", b"{}"),
        lambda c: c.basic_get("linli.grid"),
        lambda c: c.queue_delete(STREAM),
        lambda c: c.queue_declare(STREAM, durable=True, arguments=dict(LOG_ARGUMENTS)),
    ]
    for attempt in attempts:
        with broker.channel(added["amqp_uri"]) as channel:
            channel.confirm_delivery()
            with pytest.raises(ChannelClosedByBroker) as refused:
                attempt(channel)
            assert refused.value.reply_code == 403


def test_an_account_is_let_into_no_other_district_and_not_into_the_management(
    broker: Broker, limited: Any
) -> None:
    other = broker.server.vhost()
    with pytest.raises(ProbableAccessDeniedError, match="refused for user"):
        pika.BlockingConnection(
            pika.URLParameters(limited["amqp_uri"].replace(broker.vhost, other.rpartition("/")[2]))
        )
    broker.server.drop_vhost(other)
    user, password = limited["amqp_uri"].split("/")[2].partition("@")[0].split(":")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"http://127.0.0.1:{broker.server.management_port}/api/queues",
            auth=(user, password),
            timeout=10,
        )
    assert (answer.status_code, answer.json()["reason"]) == (401, "Not management user")


def test_an_account_may_not_use_up_the_connections_of_the_broker(
    broker: Broker, limited: Any
) -> None:
    parameters = pika.URLParameters(limited["amqp_uri"])
    open_ones = [pika.BlockingConnection(parameters) for _ in range(LIMITS["max-connections"])]
    with pytest.raises(ProbableAccessDeniedError, match="limit"):
        pika.BlockingConnection(parameters)
    for connection in open_ones:
        with suppress(pika.exceptions.AMQPError):
            connection.close()


# The command


def test_a_second_account_of_a_name_is_refused_and_replacing_narrows_what_is_bound(
    broker: Broker, linli: Linli, limited: Any
) -> None:
    with broker.following("city", limited["types"], amqp_uri=limited["amqp_uri"]):
        pass
    assert "already" in linli("subscriber", "add", "city", "--types", "*", code=1)["error"]
    new = linli("subscriber", "add", "city", "--types", "linli.evaluation.*", "--replace")
    broker.publish(closed(), card := scorecard())
    with pytest.raises(Refused, match="does not let this account in"):
        broker.subscriber("city", limited["amqp_uri"]).subscribe(limited["types"], print)
    with pytest.raises(Refused, match="access to topic"):
        broker.subscriber("city", new["amqp_uri"]).subscribe(limited["types"], print)
    with broker.following("city", "linli.evaluation.*", amqp_uri=new["amqp_uri"]) as live:
        live.await_ids(card)
    with broker.following("city", "linli.*", since="first", amqp_uri=new["amqp_uri"]) as replayed:
        replayed.await_ids(card)


def test_replacing_with_all_types_gives_the_log_of_the_district(
    broker: Broker, linli: Linli, limited: Any
) -> None:
    broker.publish(event := rejected())
    new = linli("subscriber", "add", "city", "--types", "*", "--replace")
    with broker.following("city", since="first", amqp_uri=new["amqp_uri"]) as city:
        city.await_ids(event)


def test_subscribers_are_listed_with_what_waits_for_them(
    broker: Broker, linli: Linli, limited: Any
) -> None:
    """From their creation on: neither has ever connected."""
    linli("subscriber", "add", "archive", "--types", "*")
    broker.publish(closed(), closed())

    def rows() -> Any:
        listed = linli("subscriber", "list")
        return listed if [one["waiting"] for one in listed] == [2, 2] else None

    archive, city = eventually(rows)
    assert (archive["name"], archive["types"]) == ("archive", ["linli.*"])
    assert (city["name"], city["types"]) == ("city", limited["types"])
    shown = linli("subscriber", "list", as_json=False)
    assert "archive" in shown
    assert "linli.service_desk.case_closed.v1" in shown


def test_a_removed_subscriber_is_gone_with_its_queues_at_once(
    broker: Broker, linli: Linli, limited: Any
) -> None:
    with broker.channel(limited["amqp_uri"]) as channel:
        linli("subscriber", "remove", "city")
        with pytest.raises(pika.exceptions.AMQPError):
            eventually(lambda: channel.connection.process_data_events(0.1))
    assert linli("subscriber", "list") == []
    queues = {queue["name"] for queue in broker.server.api("GET", f"/queues/{broker.vhost}")}
    assert not {name for name in queues if "subscriber" in name}
    with pytest.raises(ProbableAuthenticationError):
        pika.BlockingConnection(pika.URLParameters(limited["amqp_uri"]))
    assert "no subscriber" in linli("subscriber", "remove", "city", code=1)["error"]


def test_the_password_is_shown_once_and_for_people_too(linli: Linli) -> None:
    shown = linli(
        "subscriber",
        "add",
        "city",
        "--types",
        "*",
        "--address",
        "amqps://broker.example:5671",
        as_json=False,
    )
    assert "amqps://110101-subscriber-city:" in shown
    assert "@broker.example:5671/test" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("City Hall", "--types", "*"), "no name of a subscriber"),
        (("city", "--types", "linli.gird.*"), "no event type 'linli.gird.*'"),
        (("city", "--types", ","), "no types"),
        (("city", "--types", "*", "--management-url", "nowhere"), "management API cannot be used"),
        (("city", "--types", "*", "--amqp-uri", "http://x"), "not the address of a broker"),
    ],
)
def test_what_cannot_be_made_is_reported_before_anything_is_made(
    linli: Linli, arguments: tuple[str, ...], words: str
) -> None:
    assert words in linli("subscriber", "add", *arguments, code=2)["error"]
    assert linli("subscriber", "list") == []


def test_a_broker_that_cannot_be_managed_is_reported(broker: Broker, linli: Linli) -> None:
    add = ("subscriber", "add", "city", "--types", "*")
    assert (
        "does not answer" in linli(*add, "--management-url", "http://127.0.0.1:1", code=1)["error"]
    )
    wrong = f"http://guest:wrong@127.0.0.1:{broker.server.management_port}"
    assert "does not let" in linli(*add, "--management-url", wrong, code=1)["error"]
    empty = broker.server.vhost()
    assert "no exchange linli.events" in linli(*add, "--amqp-uri", empty, code=1)["error"]
    broker.server.drop_vhost(empty)


@pytest.mark.parametrize("types", ["*", LIMITED, "linli.grid.grid_drawn.*", "linli.service_desk.*"])
def test_the_types_of_an_account_can_be_read_back_from_its_permission(types: str) -> None:
    account = Account("city", Wanted.of(types.split(","), DISTRICT))
    assert types_of(account.topic_permissions["read"]) == list(account.wanted.patterns)
    assert account.user == user_of(DISTRICT, "city")
    assert all(account.may_bind(key) for key in account.wanted.keys)
