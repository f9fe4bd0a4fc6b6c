"""One request to one route: checked first, then carried out in one transaction, then answered.

Checking takes neither a worker nor a database connection, so a refused request costs neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from linli_contracts.identity import ANYBODY, Actor, Principal
from linli_kernel.errors import DomainError
from marshmallow import Schema, ValidationError, fields
from werkzeug.wrappers import Request, Response

from linli_chassis.http import idempotency
from linli_chassis.http.auth import Authenticator
from linli_chassis.http.body import MEDIA_TYPE, parse_object, read_body, refuse_unstorable
from linli_chassis.http.problems import Problem, domain_problem, field_problem
from linli_chassis.http.route_info import RouteInfo
from linli_chassis.http.schemas import BodySchema, QuerySchema
from linli_chassis.observability import tracing
from linli_chassis.storage.database import is_conflict, is_unavailable
from linli_chassis.storage.unit_of_work import UnitOfWork

CONFLICT_TRIES = 3
RETRY_AFTER_SECONDS = 5

log = structlog.get_logger(__name__)


Input = TypeVar("Input", covariant=True)


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[Input]):
    """What a route method is given: checked values, who calls, and the open transaction.

    `input` is what the schema of the body or of the query made; `path` holds the parameters of the
    path as Python values; `locale` is "zh" or "en".
    """

    path: Mapping[str, Any]
    input: Input
    actor: Actor
    locale: str
    uow: UnitOfWork[Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that may be carried out. What it belongs to is bound in the worker again."""

    path: Mapping[str, Any]
    input: Any
    actor: Actor
    locale: str
    correlation_id: str
    attempt: idempotency.Attempt | None
    traceparent: str | None = None


class ScopeNotChecked(Exception):
    """A route of ours never looked at the scope it declares; what it did is rolled back."""


class Endpoint:
    """A route of a running service, its schemas built once."""

    def __init__(self, info: RouteInfo, runtime: Any) -> None:
        self.info = info
        self.service: str = runtime.service
        self._runtime = runtime
        self._authenticator = Authenticator(runtime.settings)
        self._body = (info.body or BodySchema)()
        self._query = (info.query or QuerySchema)()
        self._response = info.response() if info.response else None
        self._lists = {
            name for name, field in self._query.fields.items() if isinstance(field, fields.List)
        }
        self._promised = _promised(self._response)

    def prepare(
        self, request: Request, path: Mapping[str, Any], locale: str, correlation_id: str
    ) -> Prepared:
        """Check who calls and what is sent. Raises `Problem`."""
        principal = self._principal(request)
        refuse_strange_path(path)
        raw = (
            read_body(request.environ, self._runtime.settings.max_body_bytes)
            if self.info.has_body
            else b""
        )
        query = self._load_query(request)
        given = self._load_body(raw, request) if self.info.has_body else query
        attempt = self._attempt(request, principal, raw)
        actor = Actor(principal, self.info.scope)
        return Prepared(path, given, actor, locale, correlation_id, attempt, tracing.current())

    def perform(self, method: Callable[[RequestContext[Any]], Any], prepared: Prepared) -> Response:
        """Carry the request out and commit. Raises `Problem` for what is refused, anything else for
        errors of ours.
        """
        for tries_left in reversed(range(CONFLICT_TRIES)):
            try:
                with self._runtime.unit_of_work() as uow:
                    return self._within(uow, method, prepared)
            except Exception as error:
                if is_conflict(error) and tries_left:
                    log.info("transaction lost a conflict and is tried again", route=self.info.path)
                    continue
                raise self._as_problem(error) from error
        raise AssertionError("unreachable: the last try returns or raises")

    def _principal(self, request: Request) -> Principal:
        if self.info.public:
            return ANYBODY
        try:
            principal = self._authenticator.principal(request.headers.get("Authorization"))
            principal.must_have(self.info.roles)
        except DomainError as error:
            raise domain_problem(error) from None
        return principal

    def _load_query(self, request: Request) -> Any:
        sent = {
            name: values if name in self._lists else values[-1]
            for name, values in request.args.to_dict(flat=False).items()
        }
        if sent:
            refuse_unstorable(sent, source="parameter")
        try:
            return self._query.load(sent)
        except ValidationError as error:
            raise field_problem(error.messages, source="parameter") from None

    def _load_body(self, raw: bytes, request: Request) -> Any:
        document = parse_object(raw, request.environ.get("CONTENT_TYPE") or "")
        try:
            return self._body.load(document)
        except ValidationError as error:
            raise field_problem(error.messages) from None

    def _attempt(
        self, request: Request, principal: Principal, raw: bytes
    ) -> idempotency.Attempt | None:
        key = request.headers.get(idempotency.HEADER)
        if key is None or self.info.method != "POST":
            return None
        route = f"{request.method} {request.path}"
        return idempotency.attempt_of(key, principal.account, route, request.query_string, raw)

    def _within(
        self, uow: UnitOfWork[Any], method: Callable[[RequestContext[Any]], Any], prepared: Prepared
    ) -> Response:
        attempt = prepared.attempt
        stored = idempotency.begin(uow, attempt) if attempt else None
        if stored:
            response = json_response(stored.text, stored.status)
            response.headers[idempotency.REPLAYED] = "true"
            return response
        context = RequestContext(
            prepared.path, prepared.input, prepared.actor, prepared.locale, uow
        )
        text = self._dump(method(context))
        if not prepared.actor.scope_was_checked:
            raise ScopeNotChecked(f"{self.info.method_name} asked nobody for {self.info.scope}")
        if attempt:
            idempotency.finish(uow, attempt, idempotency.StoredAnswer(self.info.status, text))
        return json_response(text, self.info.status)

    def _dump(self, result: Any) -> str:
        if self._response is not None:
            result = self._response.dump(result)
            missing = self._promised - result.keys()
            if missing:
                raise LookupError(
                    f"{self.info.method_name} did not give {sorted(missing)}, which its answer promises"
                )
        return "" if result is None else to_json(result)

    def _as_problem(self, error: Exception) -> Exception:
        if isinstance(error, Problem):
            return error
        if is_unavailable(error) or is_conflict(error):
            log.warning("database not available", exc_info=error)
            problem = Problem(
                503, "database-away", "The database cannot be used now; try again later."
            )
            problem.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return problem
        return domain_problem(error) if isinstance(error, DomainError) else error


def json_response(text: str, status: int) -> Response:
    """An answer of JSON text; an empty text has no content type."""
    return Response(text, status, content_type=MEDIA_TYPE) if text else Response(status=status)


def to_json(value: Any) -> str:
    """JSON as we send it: UTF-8, compact; ids and times of answers without a schema as their usual
    text.
    """
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
    )


def refuse_strange_path(path: Mapping[str, Any]) -> None:
    """Raise `Problem` 404 for path parameters that are no text: NUL, or bytes that were no UTF-8."""
    if any(
        isinstance(value, str) and ("\0" in value or "\ufffd" in value) for value in path.values()
    ):
        raise not_found()


def not_found() -> Problem:
    """The problem of a path that leads nowhere."""
    return Problem(404, "no-such-path", "There is nothing at this path.")


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _promised(answer: Schema | None) -> set[str]:
    if answer is None:
        return set()
    return {field.data_key or name for name, field in answer.fields.items() if field.required}
