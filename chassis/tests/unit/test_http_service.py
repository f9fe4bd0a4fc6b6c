"""One service over its whole HTTP stack, without a socket and without a database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import eventlet
import jwt
import psycopg2
import pytest
import sqlalchemy as sa
import structlog
from linli_chassis.http import (
    PUBLIC,
    Batch,
    BodySchema,
    ImportBody,
    ImportResponse,
    ImportResult,
    Page,
    PageQuery,
    PageRequest,
    Problem,
    RequestContext,
    ResponseSchema,
    Scope,
    page,
    page_of,
    route,
    routes_of,
)
from linli_chassis.http import server as server_module
from linli_chassis.http.openapi import openapi_of
from linli_chassis.http.server import HttpServer
from linli_chassis.i18n import current_locale
from linli_chassis.observability import logs, metrics, tracing
from linli_chassis.observability.watchdog import STUCK_SECONDS, note_turn, watched
from linli_chassis.settings import Settings
from linli_contracts.identity import Actor, Principal
from linli_devkit.client import DISTRICT, ENVIRON, Answer, token
from linli_kernel.errors import Conflict
from marshmallow import fields, validate
from nameko.containers import ServiceContainer
from openapi_spec_validator import validate as validate_openapi
from structlog.testing import capture_logs
from werkzeug.test import Client


@dataclass(frozen=True)
class NewThing:
    name: str
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class ThingList(PageRequest):
    kind: Sequence[str] = ()


class Thing(BodySchema):
    makes = NewThing

    name = fields.String(
        required=True,
        validate=validate.Length(max=5),
        metadata={"description": "What it is called."},
    )
    kind = fields.String(validate=validate.OneOf(["a", "b"]))


class ThingAnswer(ResponseSchema):
    thing_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)


class ThingQuery(PageQuery):
    makes = ThingList

    kind = fields.List(fields.String())


class TooLate(Conflict):
    message = "Closed since {day}."


THING = UUID("0193a0d4-0000-7000-8000-000000000001")


class ThingService:
    """Keeps things."""

    name = "grid"
    settings = Settings

    @route(
        "POST",
        "/things",
        roles=("resident", "operator"),
        scope=Scope.REGION,
        body=Thing,
        response=ThingAnswer,
        status=201,
        summary="Keep a thing",
    )
    def keep(self, context: RequestContext[NewThing]) -> Any:
        """A thing is kept until it is closed."""
        context.actor.must_cover("110101001")
        return {"thing_id": THING, "name": context.input.name}

    @route(
        "GET",
        "/things",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        query=ThingQuery,
        response=page_of(ThingAnswer),
        summary="List things",
    )
    def list_things(self, context: RequestContext[ThingList]) -> Page[Any]:
        return page(
            [{"thing_id": THING, "name": name} for name in context.input.kind],
            context.input,
            lambda thing: [thing["name"]],
        )

    @route("GET", "/things/<uuid:thing_id>", roles=PUBLIC, scope=Scope.PUBLIC, summary="One thing")
    def one(self, context: RequestContext[Any]) -> Any:
        return {"thing_id": context.path["thing_id"], "account": context.actor.account}

    @route(
        "POST",
        "/things/import",
        roles=("operator",),
        scope=Scope.DISTRICT,
        body=ImportBody(Thing),
        response=ImportResponse,
        summary="Take many",
    )
    def take(self, context: RequestContext[Batch[NewThing]]) -> ImportResult:
        return context.input.result(len(context.input.items))

    @route("PUT", "/things/<code>", roles=PUBLIC, scope=Scope.PUBLIC, summary="Fail as asked")
    def fail(self, context: RequestContext[Any]) -> Any:
        raise FAILURES[context.path["code"]]

    @route(
        "DELETE",
        "/things/<code>",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        status=204,
        summary="Forget a thing",
    )
    def forget(self, _context: RequestContext[Any]) -> Any:
        return None

    @route(
        "GET",
        "/broken",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        response=ThingAnswer,
        summary="Break a promise",
    )
    def break_promise(self, _context: RequestContext[Any]) -> Any:
        return {"name": "x"}

    @route("GET", "/whoami", roles=PUBLIC, scope=Scope.PUBLIC, summary="What is bound")
    def whoami(self, context: RequestContext[Any]) -> Any:
        return {
            **structlog.contextvars.get_contextvars(),
            "locale": current_locale.get(),
            "context": context.locale,
            "trace": tracing.current(),
        }

    @route("POST", "/unchecked", roles=("operator",), scope=Scope.REGION, summary="Ask nobody")
    def ask_nobody(self, _context: RequestContext[Any]) -> Any:
        return {}


class Deadlock(psycopg2.OperationalError):
    pgcode = "40P01"


def database_unavailable() -> sa.exc.OperationalError:
    return sa.exc.OperationalError(
        "SELECT 1", {}, psycopg2.OperationalError("server closed the connection")
    )


FAILURES = {
    "domain": TooLate(day="Monday"),
    "problem": Problem(410, "gone", "It is gone."),
    "bug": RuntimeError("张三 lives at door 5"),
    "away": database_unavailable(),
    "full": sa.exc.TimeoutError(),
    "timeout": eventlet.Timeout(),
}


class FakeRuntime:
    """A runtime without a database; counts units of work that ended with or without error."""

    def __init__(self) -> None:
        self.service = "grid"
        self.settings = Settings.load(
            {**ENVIRON, "DATABASE_URL": "postgresql:///none", "LINLI_MAX_BODY_BYTES": "2048"}
        )
        self.engine = sa.create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
        self.monitoring_engine = self.engine
        self.committed = 0
        self.rolled_back = 0
        self.conflicts = 0

    def long_unit_of_work(self) -> AbstractContextManager[Any]:
        return self.unit_of_work()

    @contextmanager
    def unit_of_work(self) -> Iterator[Any]:
        try:
            yield SimpleNamespace(settings=self.settings)
            if self.conflicts:
                self.conflicts -= 1
                raise sa.exc.OperationalError("COMMIT", {}, Deadlock())
        except BaseException:
            self.rolled_back += 1
            raise
        self.committed += 1


class Web:
    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        mount: dict[str, Any] = {}
        self.container = ServiceContainer(ThingService, {"runtime": self.runtime, "mount": mount})
        self.container.start()
        self._client = Client(mount["grid"])
        (self.server,) = (one for one in self.container.extensions if isinstance(one, HttpServer))

    def __call__(
        self,
        method: str,
        path: str,
        role: str | None = "operator",
        language: str = "en",
        region: str = DISTRICT,
        **more: Any,
    ) -> Answer:
        headers = {"Accept-Language": language, **more.pop("headers", {})}
        if role:
            headers["Authorization"] = f"Bearer {token(role, region)}"
        path = (
            path
            if path.startswith("/api") or path in ("/healthz", "/readyz", "/metrics")
            else f"/api/grid/v1{path}"
        )
        response = self._client.open(path, method=method, headers=headers, **more)
        return Answer(response.status_code, dict(response.headers), response.get_data())


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.container.stop()
    web.runtime.engine.dispose()


def test_unknown_methods_are_one_series(web: Web) -> None:
    for method in ("BREW", "WHISK"):
        assert web(method, "/things").status_code == 405
    metrics_text = metrics.exposition().decode()
    assert 'method="other"' in metrics_text
    assert not re.search("BREW|WHISK", metrics_text)


def test_a_call_is_checked_carried_out_committed_and_answered(web: Web) -> None:
    answer = web("POST", "/things", json={"name": "灯"})
    assert answer.status_code == 201
    assert answer.json == {"thing_id": str(THING), "name": "灯"}
    assert answer.headers["Content-Type"] == "application/json"
    assert "灯" in answer.text
    assert web.runtime.committed == 1


def test_a_request_beyond_the_workers_is_answered_at_once_and_costs_none(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "SLOT_SECONDS", 0.05)
    with ExitStack() as held:
        for _ in range(web.container.max_workers):
            held.enter_context(web.server.slot())
        answer = web("POST", "/things", json={"name": "x"})
        assert (answer.status_code, answer.json["type"]) == (503, "urn:linli:problem:busy")
        assert answer.headers["Retry-After"] == "5"
        assert web("GET", "/healthz", None).status_code == 200
        monkeypatch.setattr(server_module, "SLOT_SECONDS", 60)
        monkeypatch.setattr(server_module, "MAX_WAITING", 0)  # too many wait: not even that
        assert web("POST", "/things", json={"name": "x"}).status_code == 503
    monkeypatch.undo()
    assert web("POST", "/things", json={"name": "x"}).status_code == 201


def test_each_wrong_value_is_pointed_at_and_nothing_is_begun(web: Web) -> None:
    answer = web("POST", "/things", json={"name": "too long", "kind": "c", "more": 1})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"/name", "/kind", "/more"}
    assert web.runtime.committed == web.runtime.rolled_back == 0


def test_refusals_are_in_the_language_asked_for(web: Web) -> None:
    assert (
        web("POST", "/things", json={}, language="zh-CN").json["errors"][0]["detail"]
        == "必填项缺失。"
    )
    assert (
        web("POST", "/things", json={}, language="en").json["errors"][0]["detail"]
        == "Missing data for required field."
    )


@pytest.mark.parametrize(
    ("method", "path", "role", "more", "status", "slug"),
    [
        ("POST", "/things", None, {"json": {}}, 401, "missing-token"),
        ("POST", "/things", "reviewer", {"json": {}}, 403, "missing-role"),
        (
            "POST",
            "/things",
            "operator",
            {"data": "{", "content_type": "application/json"},
            400,
            "broken-json",
        ),
        (
            "POST",
            "/things",
            "operator",
            {"data": "[]", "content_type": "application/json"},
            400,
            "not-an-object",
        ),
        ("POST", "/things", "operator", {"data": "name=x"}, 415, "not-json"),
        ("POST", "/things", "operator", {"json": {"name": "x" * 3000}}, 413, "body-too-large"),
        ("POST", "/things", "operator", {"json": {"name": "\0"}}, 422, "invalid-body"),
        ("POST", "/things?x=1", "operator", {"json": {"name": "x"}}, 422, "invalid-query"),
        ("GET", "/things?limit=0", None, {}, 422, "invalid-query"),
        ("GET", "/things?kind=%00", None, {}, 422, "invalid-query"),
        ("GET", "/things?cursor=nonsense", None, {}, 422, "invalid-query"),
        ("GET", "/nothing", None, {}, 404, "no-such-path"),
        ("GET", "/things/not-a-uuid", None, {}, 405, "no-such-method"),
        ("PUT", "/things/a%00b", None, {}, 404, "no-such-path"),
        ("PUT", "/things/a%ffb", None, {}, 404, "no-such-path"),
        ("PATCH", "/things", None, {}, 405, "no-such-method"),
        ("PUT", "/things/domain", None, {"json": {"x": 1}}, 422, "invalid-body"),
        ("PUT", "/things/domain", None, {}, 409, "too-late"),
        ("PUT", "/things/problem", None, {}, 410, "gone"),
        ("PUT", "/things/bug", None, {}, 500, "internal-error"),
        ("PUT", "/things/away", None, {}, 503, "database-away"),
        ("PUT", "/things/full", None, {}, 503, "database-away"),
        ("PUT", "/things/timeout", None, {}, 500, "internal-error"),
        ("GET", "/broken", None, {}, 500, "internal-error"),
        ("POST", "/unchecked", "operator", {}, 500, "internal-error"),
    ],
)
def test_every_refusal_is_a_problem(
    web: Web, method: str, path: str, role: str | None, more: dict[str, Any], status: int, slug: str
) -> None:
    with capture_logs():
        answer = web(method, path, role, **more)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["type"] == f"urn:linli:problem:{slug}"
    assert web.runtime.committed == 0


@pytest.mark.parametrize(("conflicts", "status", "tries"), [(0, 204, 1), (2, 204, 3), (3, 503, 3)])
def test_a_transaction_that_loses_a_conflict_is_tried_again_twice(
    web: Web, conflicts: int, status: int, tries: int
) -> None:
    web.runtime.conflicts = conflicts
    with capture_logs():
        assert web("DELETE", "/things/x", None).status_code == status
    assert web.runtime.committed + web.runtime.rolled_back == tries


@pytest.mark.parametrize("region", ["310115", "31", "310115001"])
def test_a_token_of_another_district_is_refused(web: Web, region: str) -> None:
    for role in ("resident", "operator", "admin"):
        answer = web("POST", "/things", role, region=region, json={"name": "x"})
        assert answer.status_code == 403
        assert answer.json["type"] == "urn:linli:problem:foreign-region"
    assert web.runtime.committed == web.runtime.rolled_back == 0


@pytest.mark.parametrize("region", ["110101", "1101", "110101001"])
def test_a_token_of_the_district_of_a_part_of_it_or_of_its_city_is_taken(
    web: Web, region: str
) -> None:
    assert web("POST", "/things", region=region, json={"name": "x"}).status_code == 201


def test_the_signature_of_a_token_is_checked_once_for_all_routes(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[str] = []
    decode = jwt.decode

    def counted(token: str, *arguments: Any, **options: Any) -> Any:
        checks.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", counted)
    headers = {"Authorization": f"Bearer {token('operator')}"}
    for path, body in (("/things", {"name": "a"}), ("/things/import", {"items": [{"name": "a"}]})):
        assert web("POST", path, None, json=body, headers=headers).status_code in (200, 201)
    assert len(checks) == 1


def test_what_lies_outside_the_region_of_the_token_is_refused_and_rolled_back(web: Web) -> None:
    answer = web("POST", "/things", region="110101002", json={"name": "x"})
    assert (answer.status_code, answer.json["type"]) == (403, "urn:linli:problem:foreign-region")
    assert (web.runtime.committed, web.runtime.rolled_back) == (0, 1)


def test_a_route_that_asks_nobody_for_its_scope_is_rolled_back(web: Web) -> None:
    with capture_logs() as logged:
        answer = web("POST", "/unchecked")
    assert answer.status_code == 500
    assert (web.runtime.committed, web.runtime.rolled_back) == (0, 1)
    [line] = [line for line in logged if line["log_level"] == "error"]
    assert "ask_nobody" in str(line["exc_info"])


def test_a_body_becomes_what_its_schema_makes_in_lists_too(web: Web) -> None:
    assert Thing().load({"name": "a", "kind": "b"}) == NewThing("a", "b")
    assert Thing(many=True).load([{"name": "a"}, {"name": "b"}]) == [NewThing("a"), NewThing("b")]


def test_answers_are_kept_by_no_cache(web: Web) -> None:
    assert web("GET", f"/things/{THING}", None).headers["Cache-Control"] == "no-store"


def test_a_wrong_method_is_answered_with_the_right_ones(web: Web) -> None:
    assert web("PATCH", "/things").headers["Allow"] == "GET, HEAD, POST"


def test_an_error_of_ours_shows_nothing_but_an_id_that_is_in_the_log(web: Web) -> None:
    with capture_logs() as logged:
        answer = web("PUT", "/things/bug", None)
    assert "张三" not in answer.text
    assert "RuntimeError" not in answer.text
    [line] = [line for line in logged if line["log_level"] == "error"]
    assert line["event"] == "request failed"
    written = str(logs.render_exception(None, "error", line))
    assert "RuntimeError" in written
    assert "张三" not in written
    assert answer.json["correlation_id"] == answer.headers["X-Correlation-ID"]


def test_nameko_logs_no_words_of_a_refusal(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web("PUT", "/things/domain", None)
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_a_database_that_is_away_is_worth_another_try(web: Web) -> None:
    with capture_logs():
        assert int(web("PUT", "/things/away", None).headers["Retry-After"]) > 0


def test_a_correlation_id_is_taken_over_bound_in_the_worker_and_echoed(web: Web) -> None:
    answer = web("GET", "/whoami", None, headers={"X-Correlation-ID": "abc-1"}, language="zh")
    assert answer.json == {
        "service": "grid",
        "correlation_id": "abc-1",
        "locale": "zh",
        "context": "zh",
        "trace": None,
    }
    assert answer.headers["X-Correlation-ID"] == "abc-1"


def test_the_trace_of_a_client_goes_on_in_the_worker_and_ends_with_the_request(web: Web) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = web("GET", "/whoami", None, headers={"traceparent": parent})
    assert answer.json["trace"] == parent
    assert web("GET", "/whoami", None).json["trace"] is None


@pytest.mark.parametrize("correlation_id", ["", "a b", "x" * 65, "张", '"><script>'])
def test_a_correlation_id_that_could_do_harm_is_replaced(web: Web, correlation_id: str) -> None:
    headers = {"X-Correlation-ID": correlation_id.encode().decode("latin-1")}
    assert re.fullmatch(
        r"[0-9a-f-]{36}", web("GET", "/whoami", None, headers=headers).headers["X-Correlation-ID"]
    )


def test_a_list_parameter_may_be_given_several_times_and_pages_follow(web: Web) -> None:
    first = web("GET", "/things?kind=a&kind=b&limit=1", None).json
    assert [item["name"] for item in first["items"]] == ["a"]
    assert first["next"]


def test_public_routes_know_nobody_even_with_a_token(web: Web) -> None:
    assert web("GET", f"/things/{THING}", "admin").json["account"] == "public"


def test_an_answer_without_content_has_none(web: Web) -> None:
    answer = web("DELETE", "/things/x", None)
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_head_request_has_the_headers_of_get_only(web: Web) -> None:
    answer = web("HEAD", f"/things/{THING}", None)
    assert (answer.status_code, answer.data) == (200, b"")


def test_an_import_answers_for_each_item(web: Web) -> None:
    answer = web(
        "POST", "/things/import", json={"items": [{"name": "a"}, {"name": 5}]}, language="zh"
    )
    assert answer.json["accepted"] == 1
    assert answer.json["refused"] == [
        {"index": 1, "pointer": "/items/1/name", "detail": "不是有效的字符串。"}
    ]


def test_a_method_can_be_called_without_http() -> None:
    actor = Actor(Principal("u", frozenset({"resident"}), "110101"))
    context: Any = SimpleNamespace(input=NewThing("x"), actor=actor)
    assert ThingService().keep(context) == {"thing_id": THING, "name": "x"}


def test_routes_document_what_they_declare() -> None:
    routes = routes_of(ThingService)
    assert len(routes) == 9
    [keep] = [info for info in routes if info.method_name == "keep"]
    assert (keep.method, keep.path, keep.roles, keep.status) == (
        "POST",
        "/things",
        ("resident", "operator"),
        201,
    )
    assert keep.body is Thing
    assert keep.description == "A thing is kept until it is closed."


@pytest.mark.parametrize("roles", [(), ("nobody",), ("public", "admin")])
def test_a_route_without_a_known_role_cannot_be_declared(roles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="roles are"):
        route("GET", "/x", roles=roles, scope=Scope.DISTRICT, summary="x")


def test_a_route_without_a_scope_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="scope"):
        route("GET", "/x", roles=("operator",), summary="x")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("roles", "scope"), [(PUBLIC, Scope.DISTRICT), (("operator",), Scope.PUBLIC)]
)
def test_public_roles_and_the_public_scope_go_together(
    roles: tuple[str, ...], scope: Scope
) -> None:
    with pytest.raises(ValueError, match="public"):
        route("GET", "/x", roles=roles, scope=scope, summary="x")


def test_the_openapi_document_is_valid_and_says_who_may_call(web: Web) -> None:
    document = web("GET", "/api/grid/openapi.json", None).json
    validate_openapi(document)
    assert document["openapi"].startswith("3.1")
    keep = document["paths"]["/api/grid/v1/things"]["post"]
    assert keep["x-roles"] == ["resident", "operator"]
    assert keep["security"] == [{"bearer": []}]
    assert keep["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Thing"
    }
    assert document["components"]["schemas"]["Thing"]["additionalProperties"] is False
    one = document["paths"]["/api/grid/v1/things/{thing_id}"]["get"]
    assert one["security"] == []
    assert one["parameters"][0]["schema"] == {"type": "string", "format": "uuid"}


def test_the_page_of_the_api_and_all_its_files_are_served(web: Web) -> None:
    page = web("GET", "/api/grid/docs", None, language="zh")
    assert page.headers["Content-Type"].startswith("text/html")
    paths = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    assert len(paths) == 5
    for path in paths:
        assert web("GET", path, None).status_code == 200, path
    assert web("GET", "/api/grid/docs/other.js", None).status_code == 404


def test_the_document_of_the_page_is_valid_and_complete_and_in_the_language_asked_for(
    web: Web,
) -> None:
    document = web("GET", "/api/grid/openapi.json", None, language="zh").json
    for language, roles in (
        ("zh", "角色: 居民 `resident`, 运维人员 `operator`"),
        ("en", "Roles: "),
    ):
        shown = web("GET", "/api/grid/docs/openapi.json", None, language=language).json
        validate_openapi(shown)
        assert shown["paths"].keys() == document["paths"].keys()
        keep = shown["paths"]["/api/grid/v1/things"]["post"]
        assert keep["description"].startswith("A thing is kept until it is closed.")
        assert roles in keep["description"]
    assert document["paths"]["/api/grid/v1/things"]["post"]["description"] == (
        "A thing is kept until it is closed."
    )


def test_health_is_reported_without_a_database_and_readiness_is_not(web: Web) -> None:
    assert web("GET", "/healthz", None).json == {"status": "ok", "service": "grid"}
    with capture_logs():
        answer = web("GET", "/readyz", None)
    assert (answer.status_code, answer.json["database"]) == (503, "away")


def test_a_service_with_a_loop_that_stands_still_is_not_healthy(web: Web) -> None:
    with watched("grid", "consumer"):
        note_turn(within=-STUCK_SECONDS - 1)
        answer = web("GET", "/healthz", None)
    assert (answer.status_code, answer.json["loops"]) == (503, {"grid consumer": 121})


def test_requests_are_counted_by_route_and_never_by_path(web: Web) -> None:
    web("GET", f"/things/{THING}", None)
    web("GET", "/secret/path", None)
    text = web("GET", "/metrics", None).text
    labels = 'method="GET",route="/api/grid/v1/things/<uuid:thing_id>",service="grid",status="200"'
    assert re.search(rf"linli_http_requests_total\{{{labels}\}} \d", text)
    assert 'route="unmatched"' in text
    assert str(THING) not in text
    assert "secret" not in text


def test_the_document_says_what_a_key_and_an_import_have_to_be() -> None:
    document = openapi_of(ThingService)
    [key] = [
        parameter
        for parameter in document["paths"]["/api/grid/v1/things"]["post"]["parameters"]
        if parameter["in"] == "header"
    ]
    assert key["schema"] == {"type": "string", "pattern": "^[!-~]{1,200}$"}
    items = document["components"]["schemas"]["ThingImport"]["properties"]["items"]
    assert (items["minItems"], items["maxItems"]) == (1, 1000)
    assert document["paths"]["/api/grid/v1/things"]["post"]["x-scope"] == "region"
