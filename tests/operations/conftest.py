"""The sample district on eight processes that are watched: metrics at every one, traces to a
collector.

They log at INFO, as they would for an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from linli_contracts.manifest import api_services
from linli_devkit.people import Asked, People
from linli_devkit.platforms import running_platform
from linli_devkit.ports import free_ports
from linli_devkit.postgres import PostgresServer
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.running_platform import RunningPlatform

from .collector import Collector, collecting
from .scrape import Scrape, scrape

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
PHONE = "13987654321"
WORD = "槐荫里七号"


@dataclass
class Watched:
    """A platform, what its processes sent to the collector, and the ports of its relays."""

    platform: RunningPlatform
    collector: Collector
    relay_port: int

    def service(self, name: str) -> Scrape:
        return scrape(self.platform.environ[f"LINLI_{name.upper()}_URL"])

    def relay(self, name: str) -> Scrape:
        return scrape(self.relay_url(name))

    def relay_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.relay_port + api_services().index(name)}"

    def scrapes(self) -> list[Scrape]:
        return [look(name) for name in api_services() for look in (self.service, self.relay)]


@pytest.fixture(scope="session")
def watched(
    rabbit: RabbitServer,
    postgres: PostgresServer,
    load_sample: Callable[[RunningPlatform], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Watched]:
    amqp_uri, port = rabbit.vhost(), free_ports(len(api_services()))
    home = tmp_path_factory.mktemp("watched")
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        patch.setenv("NO_PROXY", "127.0.0.1")
        with (
            postgres.database(api_services()) as database_url,
            running_platform(
                home,
                amqp_uri=amqp_uri,
                database_url=database_url,
                LINLI_METRICS_BIND=f"127.0.0.1:{port}",
            ) as platform,
        ):
            load_sample(platform)
            yield Watched(platform, collector, port)
    rabbit.drop_vhost(amqp_uri)


@dataclass(frozen=True)
class Story:
    """A request that was rated, posted by clients within one trace, and its fact."""

    asked: Asked
    fact: dict[str, Any]


@pytest.fixture(scope="session")
def story(watched: Watched) -> Story:
    platform = RunningPlatform(watched.platform.home, watched.platform.supervisor)
    platform._session.headers["traceparent"] = TRACEPARENT
    people = People(platform)
    asked = people.walk(
        {
            "category": "elder_care.meal_delivery",
            "description": f"我母亲八十六岁，住在{WORD}，想申请中午的助餐送餐。请打{PHONE}。",
            "longitude": 116.417979,
            "latitude": 39.940146,
            "channel": "wechat",
            "contact": {"name": "欧阳示例", "phone": PHONE},
            "consent": True,
            "groups": ["older"],
        }
    )
    return Story(asked, people.fact(asked))
