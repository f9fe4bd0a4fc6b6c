"""HTTP over a real socket and database: replays, limits, keep-alive and a graceful stop."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from linli_chassis.http import idempotency
from linli_chassis.messaging.retention import Retention, purge
from linli_chassis.storage.database import create_engine
from linli_devkit.client import ENVIRON, token
from linli_devkit.ports import free_port
from linli_devkit.postgres import PostgresServer
from linli_devkit.processes import eventually, process

_PROBE = str(Path(__file__).parent / "http_probe.py")
THINGS = "/api/grid/v1/things"
COUNT = "/api/grid/v1/count"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    port: int
    engine: sa.Engine
    running: subprocess.Popen[bytes]
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(
        self, method: str, path: str, body: Any = None, *, connection: Any = None, **headers: str
    ) -> Reply:
        if connection is None:
            with closing(self.connect()) as own:
                return self.ask(method, path, body, connection=own, **headers)
        sent = {"Authorization": f"Bearer {token('resident')}", "Accept-Language": "en", **headers}
        raw = json.dumps(body).encode() if body is not None else None
        if raw is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, path, body=raw, headers=sent)
        response = connection.getresponse()
        return Reply(response.status, dict(response.headers), response.read())

    def keep(
        self, name: str, key: str | None = None, *, seconds: float = 0, account: str = "tester"
    ) -> Reply:
        headers = {"Authorization": f"Bearer {token('resident', account=account)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.ask("POST", THINGS, {"name": name, "seconds": seconds}, **headers)

    def unread_connections(self) -> int:
        """Connections to it with data that it has not read, as in proc_net_tcp(5)."""
        rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return sum(
            int(row[1].partition(":")[2], 16) == self.port and int(row[4].partition(":")[2], 16) > 0
            for row in rows
            if row[3] != "0A"  # listening
        )

    def is_up(self) -> bool:
        assert self.running.poll() is None, self.log.read_text()
        try:
            return self.ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def names(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(
                connection.execute(sa.text("SELECT name FROM thing ORDER BY number")).scalars()
            )

    def open_transactions(self) -> int:
        busy = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()"
        )
        with self.engine.connect() as connection:
            return int(connection.execute(sa.text(busy)).scalar_one())

    def raw(self, *pieces: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            for piece in pieces:
                sock.sendall(piece)
            received = b""
            while chunk := sock.recv(65536):
                received += chunk
            return received


@contextmanager
def running_probe(postgres: PostgresServer, folder: Path) -> Iterator[Service]:
    with postgres.database(["grid"]) as url:
        engine = create_engine(url, "grid", pool_size=2)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE thing (number serial, name text)"))
        port = free_port()
        bind = f"127.0.0.1:{port}"
        environ = {
            **ENVIRON,
            "DATABASE_URL": url,
            "LINLI_HTTP_BIND": bind,
            "LINLI_MAX_BODY_BYTES": "4096",
            "LINLI_LOCK_SECONDS": "1",
        }
        with process([_PROBE], environ, folder / "log") as running:
            service = Service(port, engine, running, folder / "log")
            eventually(service.is_up)
            yield service
        engine.dispose()


@pytest.fixture(scope="module")
def shared_probe(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with running_probe(postgres, tmp_path_factory.mktemp("probe")) as service:
        yield service


@pytest.fixture
def probe(shared_probe: Service) -> Service:
    """The service, empty: starting a process for each test would cost two seconds each."""
    with shared_probe.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE thing, idempotency"))
    return shared_probe


@pytest.fixture
def own_probe(postgres: PostgresServer, tmp_path: Path) -> Iterator[Service]:
    """A process of the test's own, which it may stop."""
    with running_probe(postgres, tmp_path) as service:
        yield service


def test_a_post_that_is_sent_again_is_answered_again_and_done_once(probe: Service) -> None:
    first, second = probe.keep("灯", "key-1"), probe.keep("灯", "key-1")
    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
    assert "Idempotent-Replay" not in first.headers
    assert second.headers["Idempotent-Replay"] == "true"
    assert probe.names() == ["灯"]


def test_without_a_key_each_post_is_done(probe: Service) -> None:
    assert probe.keep("a").json != probe.keep("a").json


def test_a_key_belongs_to_its_account(probe: Service) -> None:
    assert (
        probe.keep("a", "same", account="one").json != probe.keep("a", "same", account="two").json
    )


def test_a_key_of_another_request_is_refused(probe: Service) -> None:
    probe.keep("a", "key-1")
    reply = probe.keep("b", "key-1")
    assert (reply.status, reply.json["type"]) == (422, "urn:linli:problem:idempotency-key-reused")
    assert probe.names() == ["a"]


@pytest.mark.parametrize(
    "other", [{"region": "110101001"}, {"role": "resident,dispatcher"}, {"unit": str(UUID(int=1))}]
)
def test_a_stored_answer_is_not_for_the_same_account_with_other_rights(
    probe: Service, other: dict[str, str]
) -> None:
    assert probe.keep("a", "key-1").status == 201
    token_of_other = token(**{"role": "resident", "account": "tester", **other})
    headers = {"Authorization": f"Bearer {token_of_other}", "Idempotency-Key": "key-1"}
    reply = probe.ask("POST", THINGS, {"name": "a", "seconds": 0}, **headers)
    assert (reply.status, reply.json["type"]) == (422, "urn:linli:problem:idempotency-key-reused")
    assert probe.names() == ["a"]


def test_callers_without_a_token_do_not_meet_in_a_key(probe: Service) -> None:
    headers = {"Authorization": "", "Idempotency-Key": "1"}
    wishes = [
        probe.ask("POST", "/api/grid/v1/wishes", {"name": name}, **headers)
        for name in ("灯", "树", "灯")
    ]
    assert [wish.status for wish in wishes] == [201] * 3
    assert [wish.json["name"] for wish in wishes] == ["灯", "树", "灯"]
    assert probe.names() == ["灯", "树"]  # the third is the first, sent again


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "\x7f"])
def test_a_key_out_of_bounds_is_refused(probe: Service, key: str) -> None:
    assert probe.keep("a", key).status == 400


def test_a_refused_command_keeps_neither_its_change_nor_its_key(probe: Service) -> None:
    assert [probe.keep("refused", "key-1").status for _ in range(2)] == [409, 409]
    assert probe.names() == []
    with probe.engine.connect() as connection:
        assert (
            connection.execute(
                sa.select(sa.func.count()).select_from(idempotency.idempotency)
            ).scalar_one()
            == 0
        )


def test_of_many_at_the_same_time_one_is_done_and_the_others_get_its_answer(probe: Service) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: probe.keep("a", "key-1", seconds=0.3), range(8)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body for reply in replies}) == 1
    assert sorted("Idempotent-Replay" in reply.headers for reply in replies) == [False] + [True] * 7
    assert probe.names() == ["a"]


def test_the_kept_answer_is_encrypted_and_purged_in_time(probe: Service) -> None:
    probe.keep("张三", "key-1")
    with probe.engine.begin() as connection:
        row = connection.execute(sa.select(idempotency.idempotency)).one()
        assert row.status == 201
        assert row.answer.startswith("test:")
        assert "张三" not in row.answer
        purge(connection, Retention(outbox_days=7, inbox_days=35))
        assert connection.execute(sa.select(idempotency.idempotency)).all()
        connection.execute(sa.text("UPDATE idempotency SET created_at = now() - interval '8 days'"))
        purge(connection, Retention(outbox_days=7, inbox_days=35))
        assert not connection.execute(sa.select(idempotency.idempotency)).all()


def test_requests_follow_each_other_on_one_connection(probe: Service) -> None:
    connection = probe.connect()
    connection.connect()
    first_socket = connection.sock
    statuses = [
        probe.ask("POST", THINGS, {"name": str(n)}, connection=connection).status for n in range(5)
    ]
    statuses.append(probe.ask("POST", THINGS, {}, connection=connection).status)
    statuses.append(probe.ask("GET", "/nowhere", connection=connection).status)
    statuses.append(probe.ask("GET", "/api/grid/v1/count", connection=connection).status)
    assert statuses == [201] * 5 + [422, 404, 200]
    assert connection.sock is first_socket
    connection.close()


def _head(*more: str) -> bytes:
    lines = [
        f"POST {THINGS} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {token('resident')}",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(probe: Service) -> None:
    answer = probe.raw(_head("Content-Length: 999999999"))
    assert b" 413 " in answer.splitlines()[0]
    assert b"Connection: close" in answer


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(probe: Service) -> None:
    chunk = b"400\r\n" + b"x" * 0x400 + b"\r\n"
    answer = probe.raw(_head("Transfer-Encoding: chunked"), chunk * 5)  # and no end of it
    assert b" 413 " in answer.splitlines()[0]


def test_a_chunked_body_within_the_limit_is_taken(probe: Service) -> None:
    body = json.dumps({"name": "in pieces"}).encode()
    pieces = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:]))
        + b"0\r\n\r\n"
    )
    answer = probe.raw(_head("Transfer-Encoding: chunked", "Connection: close"), pieces)
    assert b" 201 " in answer.splitlines()[0]
    assert probe.names() == ["in pieces"]


@pytest.mark.parametrize(
    "head",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_does_no_harm(probe: Service, head: bytes) -> None:
    assert b"Traceback" not in probe.raw(head)
    assert probe.ask("GET", "/healthz").status == 200


def test_an_address_that_is_too_long_is_a_problem_like_any_other(probe: Service) -> None:
    head, _, body = probe.raw(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 Address too long")
    assert b"Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert problem.keys() == {"type", "title", "status", "detail", "instance", "correlation_id"}
    assert (problem["status"], problem["type"]) == (414, "urn:linli:problem:address-too-long")


@pytest.mark.parametrize(
    "framing",
    [
        ("Content-Length: +2",),
        ("Content-Length: 1_0",),
        ("Content-Length: 2, 2",),
        ("Content-Length: 2", "Content-Length: 12"),
        ("Content-Length: 2", "Content-Length: 2"),
        ("Content-Length : 2",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: chunked", "Content-Length: 2"),
    ],
)
def test_a_request_whose_end_is_in_doubt_is_refused_and_closed(
    probe: Service, framing: tuple[str, ...]
) -> None:
    answer = probe.raw(_head(*framing), b"{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"GE", b"T"),
        (b"GET /healthz HTTP/1.1\r\nX-Slow: ", b"x"),
        (_head("Content-Length: 4000"), b" "),
        (_head("Transfer-Encoding: chunked"), b"1\r\n \r\n"),
        (_head("Content-Length: 4000").replace(b"Bearer", b"Nobody"), b" "),
    ],
)
def test_a_client_that_drips_is_ended(probe: Service, head: bytes, drop: bytes) -> None:
    with socket.create_connection(("127.0.0.1", probe.port), timeout=0.2) as sock:
        sock.sendall(head)
        deadline = time.monotonic() + 8
        while not _is_closed(sock):
            assert time.monotonic() < deadline
            with suppress(ConnectionError):
                sock.sendall(drop)


def _is_closed(sock: socket.socket) -> bool:
    try:
        return not sock.recv(4096)
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_a_connection_that_goes_away_in_the_middle_does_no_harm(probe: Service) -> None:
    for _ in range(5):
        sock = socket.create_connection(("127.0.0.1", probe.port))
        sock.sendall(_head("Content-Length: 100") + b"{")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        sock.close()
    assert probe.ask("GET", "/healthz").status == 200


def test_health_is_answered_while_all_workers_wait(probe: Service) -> None:
    with ThreadPoolExecutor(12) as pool:
        slow = [pool.submit(probe.keep, "slow", seconds=1.5) for _ in range(12)]
        eventually(lambda: not all(future.done() for future in slow))
        assert probe.ask("GET", "/healthz").status == 200
        assert not any(future.done() for future in slow)
        assert {future.result().status for future in slow} == {201}


def test_a_service_whose_connections_are_all_in_use_is_ready(probe: Service) -> None:
    with ThreadPoolExecutor(10) as pool:
        slow = [pool.submit(probe.keep, "slow", seconds=3) for _ in range(10)]
        eventually(lambda: probe.open_transactions() == 10)
        assert probe.ask("GET", "/readyz").status == 200
        assert not any(future.done() for future in slow)
        assert {future.result().status for future in slow} == {201}


def test_stopping_answers_what_was_begun_and_takes_nothing_new(own_probe: Service) -> None:
    with closing(own_probe.connect()) as idle, ThreadPoolExecutor(4) as pool:
        assert own_probe.ask("GET", "/healthz", connection=idle).status == 200
        begun = [pool.submit(own_probe.keep, f"n{number}", seconds=1.0) for number in range(4)]
        eventually(lambda: own_probe.open_transactions() >= 4)
        own_probe.running.send_signal(signal.SIGTERM)
        assert [future.result().status for future in begun] == [201] * 4
    assert own_probe.running.wait(10) == 0, own_probe.log.read_text()
    assert sorted(own_probe.names()) == ["n0", "n1", "n2", "n3"]
    with pytest.raises(ConnectionRefusedError):
        own_probe.ask("GET", "/healthz")


def test_who_was_connected_when_it_stopped_is_answered(own_probe: Service) -> None:
    """Requests of connections that were open, and of those that waited to be accepted."""
    with closing(own_probe.connect()) as idle, ThreadPoolExecutor(9) as pool:
        idle.connect()
        slow = pool.submit(own_probe.keep, "slow", seconds=3.0)
        eventually(lambda: own_probe.open_transactions() >= 1)
        own_probe.running.send_signal(signal.SIGSTOP)
        waiting = [pool.submit(own_probe.keep, f"n{number}") for number in range(8)]
        eventually(lambda: own_probe.unread_connections() >= 8)
        own_probe.running.send_signal(signal.SIGTERM)
        own_probe.running.send_signal(signal.SIGCONT)
        assert [future.result().status for future in waiting] == [201] * 8
        reply = own_probe.ask("GET", "/healthz", connection=idle)
        assert (reply.status, reply.headers["Connection"]) == (200, "close")
        assert slow.result().status == 201
    assert own_probe.running.wait(10) == 0, own_probe.log.read_text()


def test_an_error_in_the_database_is_a_500_that_shows_nothing_of_it(probe: Service) -> None:
    with probe.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE thing RENAME TO hidden"))
    assert probe.keep("bug").status == 500
    assert "hidden" not in probe.ask("POST", THINGS, {"name": "x"}).body.decode()
    with probe.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE hidden RENAME TO thing"))
    assert probe.keep("after").status == 201


@contextmanager
def unavailable(database: sa.URL) -> Iterator[None]:
    """Let nobody connect to a database, and end the connections to it."""
    allow = 'ALTER DATABASE "{}" ALLOW_CONNECTIONS {}'
    end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    engine = sa.create_engine(database.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(allow.format(database.database, "false")))
        connection.execute(sa.text(end_all), {"name": database.database})
        try:
            yield
        finally:
            connection.execute(sa.text(allow.format(database.database, "true")))
    engine.dispose()


def test_a_database_that_goes_away_is_a_503_and_its_return_is_noticed(probe: Service) -> None:
    assert probe.keep("before").status == 201
    with unavailable(probe.engine.url):
        refused = probe.keep("meanwhile")
        assert (refused.status, refused.json["type"]) == (503, "urn:linli:problem:database-away")
        assert int(refused.headers["Retry-After"]) > 0
    statuses: list[int] = []

    def is_back() -> bool:
        statuses.append(probe.keep("after").status)
        return statuses[-1] == 201

    eventually(is_back)
    assert set(statuses) <= {503, 201}  # each connection that was broken is noticed once
    probe.engine.dispose()  # its connections were ended too
    assert probe.names() == ["before", "after"]


def test_a_database_that_accepts_and_never_replies_is_a_503_again_and_again(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port, database = free_port(), silent.getsockname()[1]
        environ = {
            **ENVIRON,
            "DATABASE_URL": f"postgresql://u:p@127.0.0.1:{database}/d",
            "LINLI_DATABASE_POOL": "5",
            "LINLI_HTTP_BIND": f"127.0.0.1:{port}",
        }
        with process([_PROBE], environ, tmp_path / "log") as running:
            engine = create_engine(environ["DATABASE_URL"], "grid")  # opens no connection
            service = Service(port, engine, running, tmp_path / "log")
            eventually(service.is_up)
            for _ in range(2):  # all connections of the pool, and again
                with ThreadPoolExecutor(5) as pool:
                    replies = list(pool.map(lambda _: service.ask("GET", COUNT), range(5)))
                assert {reply.status for reply in replies} == {503}


def test_a_locked_table_is_a_503_within_the_bound_and_open_again_when_it_is_free(
    probe: Service,
) -> None:
    with probe.engine.begin() as holder:
        holder.execute(sa.text("LOCK TABLE thing"))
        for refused in (probe.keep("meanwhile"), probe.ask("GET", COUNT)):
            assert refused.json["type"] == "urn:linli:problem:database-away"
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert probe.keep("after").status == 201


def test_the_log_is_json_with_the_correlation_id_and_without_words_of_residents(
    probe: Service,
) -> None:
    with probe.engine.begin() as connection:
        connection.execute(
            sa.text("ALTER TABLE thing ADD CONSTRAINT short CHECK (length(name) < 10)")
        )
    reply = probe.ask(
        "POST", THINGS, {"name": "13800000000 张三"}, **{"X-Correlation-ID": "corr-1"}
    )
    with probe.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE thing DROP CONSTRAINT short"))
    assert (reply.status, reply.json["correlation_id"]) == (500, "corr-1")
    text = probe.log.read_text()
    assert "13800000000" not in text
    [line] = [
        json.loads(line) for line in text.splitlines() if "corr-1" in line and '"error"' in line
    ]
    assert (line["service"], line["correlation_id"]) == ("grid", "corr-1")
    assert "constraint short" in line["exception"]


def test_a_service_is_ready_once_its_migrations_have_run(own_probe: Service) -> None:
    def set_revision(revision: str) -> str:
        with own_probe.engine.begin() as connection:
            ours = {"ours": "^grid"}
            now = sa.text("SELECT version_num FROM alembic_version WHERE version_num ~ :ours")
            before: str = connection.execute(now, ours).scalar_one()
            change = sa.text(
                "UPDATE alembic_version SET version_num = :new WHERE version_num ~ :ours"
            )
            connection.execute(change, {"new": revision, **ours})
        return before

    newest = set_revision("grid_0000")
    reply = own_probe.ask("GET", "/readyz")
    assert (reply.status, reply.json["database"]) == (503, "behind")
    assert reply.json["pending_migrations"] == [newest]
    set_revision(newest)
    reply = own_probe.ask("GET", "/readyz")
    assert (reply.status, reply.json["database"]) == (200, "ok")
