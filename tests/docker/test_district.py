"""A district of containers: the flow, replicas, a killed process, a restart under load."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests
from linli_contracts.manifest import api_services
from linli_devkit.people import People
from linli_devkit.processes import eventually

from .deployment import ROOT, ContainerPlatform, Deployment, run
from .load import PHONE, WORDS, Load, requests_of

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


def asked(platform: ContainerPlatform) -> list[str]:
    return [item["request_id"] for item in platform.pages("grid", "/requests")]


def known_to_evaluation(platform: ContainerPlatform) -> list[str]:
    return [item["request_id"] for item in platform.pages("evaluation", "/facts")]


def arrived_once(platform: ContainerPlatform, acknowledged: list[str], before: set[str]) -> None:
    """Every acknowledged request is in both services, once, and nothing else is."""
    platform.idle(120)
    for request_ids in (asked(platform), known_to_evaluation(platform)):
        assert len(request_ids) == len(set(request_ids))
        assert set(request_ids) - before == set(acknowledged)
    assert len(acknowledged) == len(set(acknowledged))


@pytest.fixture(scope="module")
def wishes(platform: ContainerPlatform) -> list[dict[str, Any]]:
    return requests_of(platform)


@pytest.fixture(scope="module")
def walked(platform: ContainerPlatform, wishes: list[dict[str, Any]]) -> tuple[Any, dict[str, Any]]:
    """A request that went its whole way, and what evaluation knows of it."""
    people = People(platform)
    one = people.walk(wishes[0])
    return one, people.fact(one)


def test_a_request_goes_its_way_from_the_proxy_to_a_scored_fact(
    platform: ContainerPlatform, walked: tuple[Any, dict[str, Any]]
) -> None:
    one, fact = walked
    assert (fact["status"], fact["solved"], fact["satisfaction"]) == ("closed", True, 5)
    period = str(fact["closed_at"])[:7]
    cards = platform.get("evaluation", "/scorecards", level="grid", period=period)["items"]
    assert next(card for card in cards if card["subject"] == one.grid_code)["cases"] >= 1


def test_nothing_but_the_proxys_port_is_published_and_its_inner_pages_are_not_passed_on(
    district: Deployment,
) -> None:
    published = {
        container["Config"]["Labels"]["com.docker.compose.service"]: bindings
        for container in district.inspected()
        if (
            bindings := [
                one
                for ports in container["NetworkSettings"]["Ports"].values()
                for one in ports or ()
            ]
        )
    }
    port = str(district.district.http.port)
    assert published == {"proxy": [{"HostIp": "127.0.0.1", "HostPort": port}]}
    assert requests.get(f"{district.url}/healthz", timeout=5).status_code == 200
    for path in ("/metrics", "/readyz", "/api/grid/../../metrics", "/api/nobody/v1/x"):
        assert requests.get(f"{district.url}{path}", timeout=5).status_code == 404
    for service in api_services():
        assert (
            requests.get(f"{district.url}/api/{service}/openapi.json", timeout=5).status_code == 200
        )


def test_containers_run_without_rights_they_do_not_need(district: Deployment) -> None:
    for container in district.inspected():
        labels, host = container["Config"]["Labels"], container["HostConfig"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert host["Memory"] > 0 or labels["com.docker.compose.service"].endswith("-migration")
        if labels["com.docker.compose.service"] not in ("broker", "database"):
            assert host["ReadonlyRootfs"]
            assert host["CapDrop"] == ["ALL"]
            assert container["Config"]["User"] == "10001:10001"


def test_the_broker_has_no_guest_and_each_service_the_least_rights(district: Deployment) -> None:
    vhost = district.district.broker.vhost
    ask = ("exec", "-T", "broker", "rabbitmqctl", "--quiet", "--formatter", "json")
    users = {user["user"] for user in json.loads(district.compose(*ask, "list_users"))}
    assert users == {
        f"110101-{name}" for name in (*api_services(), "admin", "operator", "subscriber-webhooks")
    }
    rights = {
        one["user"]: one
        for one in json.loads(district.compose(*ask, "list_permissions", "-p", vhost))
    }
    assert {rights[f"110101-{name}"]["configure"] for name in api_services()} == {"^$"}
    connected = {
        one["user"] for one in json.loads(district.compose(*ask, "list_connections", "user"))
    }
    assert connected >= {f"110101-{name}" for name in api_services()}


def test_a_service_cannot_see_anothers_tables(district: Deployment) -> None:
    password = f"PGPASSWORD={district.secret_values['database_evaluation']}"
    psql = (
        "exec",
        "-T",
        "-e",
        password,
        "database",
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "linli_evaluation",
        "-d",
        "linli",
    )
    assert "permission denied for schema grid" in district.compose(
        *psql, "-c", "SELECT 1 FROM grid.request", code=1
    )
    assert "(1 row)" in district.compose(*psql, "-c", "SELECT count(*) FROM evaluation.inbox")


RECEIVER = """
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 9000), Receiver).serve_forever()
"""


def test_events_are_delivered_over_http_to_an_endpoint_that_was_registered(
    platform: ContainerPlatform, district: Deployment, wishes: list[dict[str, Any]]
) -> None:
    name = f"{district.project}-receiver"
    district.compose(
        "run",
        "--detach",
        "--no-deps",
        "--name",
        name,
        "--entrypoint",
        "python",
        "linli",
        "-uc",
        RECEIVER,
    )
    try:
        endpoint = (
            f"http://{name}:9000/",
            "--types",
            "linli.grid.*",
            "--allow-http",
            "--allow-private",
        )
        district.compose("run", "--rm", "-T", "linli", "webhooks", "add", *endpoint)
        asked_for = platform.post("grid", "/requests", wishes[0])["request_id"]
        eventually(lambda: asked_for in run("docker", "logs", name), seconds=60, every=0.5)
        assert WORDS not in run("docker", "logs", name)
    finally:
        run("docker", "rm", "--force", name)


def test_one_service_alone_is_scaled_and_one_of_it_killed(
    platform: ContainerPlatform, district: Deployment, wishes: list[dict[str, Any]]
) -> None:
    district.compose("up", "--detach", "--wait", "--no-recreate", "--scale", "grid=3", "grid")
    three = district.containers("grid")
    assert len(three) == 3
    before = set(asked(platform))
    with Load(platform, wishes).running() as load:
        load.goes_on()
        eventually(lambda: len(upstreams(district)) >= 3, seconds=60)
        run("docker", "kill", three[0])
        load.goes_on(50)
        run("docker", "start", three[0])
        district.await_healthy(three[0])
        load.goes_on()
    arrived_once(platform, load.acknowledged, before)


def upstreams(district: Deployment) -> set[str]:
    """The addresses to which the proxy passed requests that the grid service registered."""
    lines = district.compose(
        "logs", "--no-color", "--no-log-prefix", "--tail", "400", "proxy"
    ).splitlines()
    passed = [json.loads(line) for line in lines if line.startswith("{")]
    return {line["upstream"] for line in passed if line["to"] == "grid" and line["status"] == 201}


def test_a_rolling_restart_under_load_loses_and_doubles_nothing(
    platform: ContainerPlatform, district: Deployment, wishes: list[dict[str, Any]]
) -> None:
    district.compose(
        "up", "--detach", "--wait", "--no-recreate", "--scale", "grid=2", "--scale", "evaluation=2"
    )
    before = set(asked(platform))
    with Load(platform, wishes).running() as load:
        load.goes_on()
        for service in ("grid", "grid-relay", "evaluation", "service_desk"):
            for container in district.containers(service):
                run("docker", "restart", "-t", "60", container)
                district.await_healthy(container)
                load.goes_on()
        [broker] = district.containers("broker")
        run("docker", "restart", "-t", "60", broker)
        load.goes_on(30)
        district.await_healthy(broker)
    arrived_once(platform, load.acknowledged, before)
    # A broken connection may be reported as such; nothing that was sent was answered with an error
    # of ours.
    assert set(load.refused) <= {"503", "ConnectionError", "ChunkedEncodingError"}, load.refused


def test_the_first_request_of_the_guide_is_registered(
    platform: ContainerPlatform, district: Deployment
) -> None:
    guide = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    [program] = re.findall(r"<!-- run: containers -->\n```bash\n(.*?)```", guide, re.DOTALL)
    places = {
        "$PWD/../../..": str(ROOT),
        "http://127.0.0.1:8080": district.url,
    }
    for place, here in places.items():
        assert place in program
        program = program.replace(place, here)
    output = run("bash", "-euc", f"cd '{district.rendered}'\n{program}", environ=district.own_names)
    assert "HTTP/1.1 201 " in output


def test_a_second_start_changes_nothing(
    district: Deployment, walked: tuple[Any, dict[str, Any]]
) -> None:
    running = set(district.containers("service_desk") + district.containers("broker"))
    district.compose("up", "--detach", "--wait", "--no-recreate")
    assert set(district.containers("service_desk") + district.containers("broker")) == running


def test_the_definitions_can_be_imported_again_into_a_running_broker(
    platform: ContainerPlatform, district: Deployment, wishes: list[dict[str, Any]]
) -> None:
    district.compose(
        "exec", "-T", "broker", "rabbitmqctl", "import_definitions", "/run/secrets/definitions.json"
    )
    people = People(platform)
    assert people.fact(people.ask(wishes[0]), "registered_at")


def test_neither_logs_nor_the_engine_know_a_secret_or_a_residents_words(
    district: Deployment, walked: tuple[Any, dict[str, Any]]
) -> None:
    logs = district.logs()
    assert "service started" in logs
    hidden = {name: value for name, value in district.secret_values.items() if value in logs}
    assert not hidden
    words = [word for word in (WORDS, PHONE, "王秀英", walked[0].tracking_code) if word in logs]
    assert not words
    assert not re.search(r"SCRAM-SHA-256\$|eyJ[A-Za-z0-9_-]{20}", logs)
    known = json.dumps(
        [one for one in district.inspected() if "database" not in one["Name"]], ensure_ascii=False
    )
    assert not [name for name, value in district.secret_values.items() if value in known]
