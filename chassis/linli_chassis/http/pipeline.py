"""The way of a request through a service, from top to bottom.

    find           the endpoint of its path and method       404, 405
    authenticate   whose token it is                         401
    authorize      that the account has one of the roles     403
    read           body and query, against their schemas     400, 413, 415, 422
    --- from here on in a worker and in one transaction, tried again when it loses a conflict
    claim          its Idempotency-Key, if it has one        the stored response; 422
    work           the method of the service                 what the domain refuses
    answer         the result by its schema, and commit

A refused request takes neither a worker nor a database connection. Errors of the worker are
returned instead of raised, for nameko would log their text, which may hold a resident's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import eventlet
import structlog
from linli_contracts.identity import ANYBODY, Actor, Principal
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from linli_chassis.http import idempotency
from linli_chassis.http.auth import Authenticator
from linli_chassis.http.body import parse_object, read_body, refuse_unstorable
from linli_chassis.http.problems import Problem, field_problem
from linli_chassis.http.responses import file_response, json_response, to_json
from linli_chassis.http.route_info import CODE_PATTERN, RouteInfo
from linli_chassis.http.schemas import BodySchema, FileBody, QuerySchema
from linli_chassis.storage.database import is_canceled, is_conflict, is_unavailable
from linli_chassis.storage.files import FileContent, FileSettings
from linli_chassis.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from linli_chassis.process.runtime import Runtime

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


Method = Callable[[RequestContext[Any]], Any]
Result = Response | Exception
Perform = Callable[[Method], Result]
"""Takes the steps of a request that belong into a worker, around the method of the service."""


@dataclass(slots=True)
class Job:
    """One request on its way; the steps fill in what is not known at first."""

    request: Request
    locale: str
    correlation_id: str
    template: str = "unmatched"
    """The path as the route declares it, for metrics and logs."""
    path: Mapping[str, Any] = field(default_factory=dict)
    actor: Actor = field(init=False)
    input: Any = None
    attempt: idempotency.Attempt | None = None


class Endpoint(Protocol):
    """What a rule of the URL map leads to: a route of the service, or a built-in page."""

    def respond(self, job: Job, authenticator: Authenticator) -> Response: ...


class ScopeNotChecked(Exception):
    """A route never looked at the scope that it declares; what it did is rolled back."""


class MethodTimedOut(Exception):
    """A route let an `eventlet.Timeout` of its own out."""


class _CodeConverter(BaseConverter):
    """So that a code in a path is not taken for a path of another route, such as `import`."""

    regex = CODE_PATTERN


class Pipeline:
    """All routes and pages of one service, behind one URL map and one authenticator.

    Args:
        rules: the `endpoint` of each is an `Endpoint`.
    """

    def __init__(self, rules: Iterable[Rule], authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        # Paths are matched without a host, so that no Host header can lead anywhere.
        self._urls = Map(
            list(rules),
            strict_slashes=False,
            merge_slashes=False,
            converters={"code": _CodeConverter},
        ).bind("linli")

    def respond(self, job: Job) -> Response:
        """All steps. Raises `Problem`, `DomainError`, or what went wrong in the service."""
        return self.find(job).respond(job, self._authenticator)

    def find(self, job: Job) -> Endpoint:
        """The endpoint of a path and method; its parameters go into the job."""
        method = job.request.method
        try:
            rule, path = self._urls.match(job.request.path, method, return_rule=True)
        except MethodNotAllowed as error:
            problem = Problem(
                405, "no-such-method", "This path does not take {method}.", method=method
            )
            problem.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            raise problem from None
        except HTTPException:
            raise not_found() from None
        job.template, job.path = rule.rule, dict(path)
        endpoint: Endpoint = rule.endpoint
        return endpoint


class RouteEndpoint:
    """A route of a running service, with its schemas built once.

    Args:
        run_in_worker: calls what it is given with the method in a worker; waits for the result.
    """

    def __init__(
        self, info: RouteInfo, runtime: Runtime, run_in_worker: Callable[[Perform], Result]
    ) -> None:
        self.info = info
        self._runtime = runtime
        self._run_in_worker = run_in_worker
        self._body = (info.body or BodySchema)()
        self._takes_many = getattr(info.body, "takes_many", False)
        self._query = (info.query or QuerySchema)()
        self._takes_file = isinstance(self._body, FileBody)
        settings = runtime.settings
        self._max_bytes = settings.max_body_bytes
        if self._takes_file and isinstance(settings, FileSettings):
            self._max_bytes = settings.max_file_bytes
        self._response = info.response() if info.response else None
        self._promised = _required_fields(self._response)
        self._lists = {
            name for name, each in self._query.fields.items() if isinstance(each, fields.List)
        }

    def respond(self, job: Job, authenticator: Authenticator) -> Response:
        """The steps after `find`."""
        principal = self.authenticate(job, authenticator)
        self.authorize(job, principal)
        self.read(job, principal)
        # The worker is another greenlet: it goes on in this context of logs, texts and traces.
        context = copy_context()
        result = self._run_in_worker(lambda method: context.run(self.perform, job, method))
        if isinstance(result, Exception):
            raise result
        return result

    def authenticate(self, job: Job, authenticator: Authenticator) -> Principal:
        """Whom the token speaks for; a public route looks at no token."""
        if self.info.public:
            return ANYBODY
        return authenticator.principal(job.request.headers.get("Authorization"))

    def authorize(self, job: Job, principal: Principal) -> None:
        """Refuse an account without the roles. The method asks the actor for the scope."""
        if not self.info.public:
            principal.must_have(self.info.roles)
        job.actor = Actor(principal, self.info.scope)

    def read(self, job: Job, principal: Principal) -> None:
        """Load what is sent by the schemas, and note the Idempotency-Key."""
        _refuse_unreadable_path(job.path)
        request = job.request
        raw = read_body(request.environ, self._max_bytes) if self.info.has_body else b""
        query = self._load_query(request)
        job.input = self._load_body(request, raw) if self.info.has_body else query
        key = request.headers.get(idempotency.HEADER)
        if key is not None and self.info.method == "POST":
            route = f"{request.method} {request.path}"
            job.attempt = idempotency.attempt_of(key, principal, route, request.query_string, raw)

    def perform(self, job: Job, method: Method) -> Result:
        """The steps in the worker: the response, or the error that they ended with."""
        try:
            return self._perform(job, method)
        except Exception as error:
            return error
        except eventlet.Timeout as error:
            # No Exception, so nameko would end the worker and leave the request waiting for ever.
            return MethodTimedOut(f"{self.info.method_name}: {error}")

    def _perform(self, job: Job, method: Method) -> Response:
        runtime = self._runtime
        for tries_left in reversed(range(CONFLICT_TRIES)):
            begin = runtime.long_unit_of_work if self._takes_many else runtime.unit_of_work
            try:
                with begin() as uow:
                    stored = self.claim(job, uow)
                    return stored or self.answer(job, uow, self.work(job, uow, method))
            except Exception as error:
                if is_conflict(error) and tries_left:
                    log.info("transaction lost a conflict and is tried again", route=self.info.path)
                    continue
                if is_unavailable(error) or is_conflict(error) or is_canceled(error):
                    log.warning("database not available", exc_info=error)
                    raise _database_unavailable() from error
                raise
        raise AssertionError("unreachable: the last try returns or raises")

    def claim(self, job: Job, uow: UnitOfWork[Any]) -> Response | None:
        """Claim the Idempotency-Key; the stored response where the request was carried out."""
        stored = idempotency.begin(uow, job.attempt) if job.attempt else None
        if stored is None:
            return None
        response = json_response(stored.text, stored.status)
        response.headers[idempotency.REPLAYED] = "true"
        return response

    def work(self, job: Job, uow: UnitOfWork[Any], method: Method) -> Any:
        """What the method of the service returns, once it has asked for the declared scope."""
        result = method(RequestContext(job.path, job.input, job.actor, job.locale, uow))
        if not job.actor.scope_was_checked:
            raise ScopeNotChecked(f"{self.info.method_name} asked nobody for {self.info.scope}")
        return result

    def answer(self, job: Job, uow: UnitOfWork[Any], result: Any) -> Response:
        """The result as JSON, stored with the change where the request has a key; or a file."""
        if isinstance(result, FileContent):
            return file_response(result.media_type, result.content)
        text = self._dump(result)
        if job.attempt:
            stored = idempotency.StoredResponse(self.info.status, text)
            idempotency.finish(uow, job.attempt, stored)
        return json_response(text, self.info.status)

    def _load_query(self, request: Request) -> Any:
        sent = {
            name: values if name in self._lists else values[-1]
            for name, values in request.args.to_dict(flat=False).items()
        }
        refuse_unstorable(sent, source="parameter")
        return _load(self._query, sent, source="parameter")

    def _load_body(self, request: Request, raw: bytes) -> Any:
        if self._takes_file:
            return raw
        document = parse_object(raw, request.headers.get("Content-Type", ""))
        return _load(self._body, document, source="pointer")

    def _dump(self, result: Any) -> str:
        if self._response is not None:
            result = self._response.dump(result)
            missing = sorted(self._promised - result.keys())
            if missing:
                name = self.info.method_name
                raise LookupError(f"{name} did not give {missing}, which its response promises")
        return "" if result is None else to_json(result)


def not_found() -> Problem:
    """The problem of a path that leads nowhere."""
    return Problem(404, "no-such-path", "There is nothing at this path.")


def _refuse_unreadable_path(path: Mapping[str, Any]) -> None:
    # NUL, or bytes that were no UTF-8.
    texts = [value for value in path.values() if isinstance(value, str)]
    if any("\0" in text or "\ufffd" in text for text in texts):
        raise not_found()


def _database_unavailable() -> Problem:
    problem = Problem(503, "database-away", "The database cannot be used now; try again later.")
    problem.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return problem


def _load(schema: Schema, sent: Mapping[str, Any], *, source: str) -> Any:
    try:
        return schema.load(sent)
    except ValidationError as error:
        raise field_problem(error.messages, source=source) from None


def _required_fields(response: Schema | None) -> set[str]:
    if response is None:
        return set()
    return {each.data_key or name for name, each in response.fields.items() if each.required}
