"""The decorator that makes a service method an HTTP route, and the nameko entrypoint behind it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from eventlet.event import Event
from linli_contracts.identity import PUBLIC, ROLES, Scope
from marshmallow import Schema
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, register_entrypoint
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from linli_chassis.http.pipeline import Endpoint, Prepared
from linli_chassis.http.problems import Problem
from linli_chassis.http.route_info import METHODS, RouteInfo
from linli_chassis.http.server import HttpServer, Outcome, bound_to_request
from linli_chassis.observability import tracing

_F = TypeVar("_F", bound=Callable[..., Any])


def route(
    method: str,
    path: str,
    *,
    roles: tuple[str, ...],
    scope: Scope,
    summary: str,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    response: type[Schema] | None = None,
    status: int = 200,
) -> Callable[[_F], _F]:
    """Answer `method` at `/api/<service>/v1<path>` by this service method.

    The method is given a `RequestContext` and returns data for `answer`, or raises. Everything else is done
    around it: the token, the role, the schemas, the transaction, `Idempotency-Key` on POST, and
    problems.

    Args:
        path: In werkzeug's style, e.g. "/requests/<uuid:request_id>".
        roles: Who may call; `PUBLIC` for everybody. An admin always may.
        scope: What of the district the caller may reach; the method has to ask `context.actor`.
        summary: One English line for the documentation; the method's docstring says the rest.
        body: Schema of the JSON object sent; without one nothing may be sent.
        query: Schema of the query parameters; without one none may be given.
        response: Schema that the result is dumped by; without one the result is JSON already, or
            None.
    """
    if method not in METHODS or not path.startswith("/"):
        raise ValueError(f"{method} {path} is not a method and a path")
    if roles != PUBLIC and (not roles or set(roles) - set(ROLES)):
        raise ValueError(f"{method} {path}: roles are {', '.join(ROLES)}, or PUBLIC")

    if (roles == PUBLIC) is not (scope is Scope.PUBLIC):
        raise ValueError(f"{method} {path}: public roles and the public scope go together")
    if body is not None and query is not None:
        raise ValueError(f"{method} {path} takes a body or a query, not both")

    def decorate(function: _F) -> _F:
        description = inspect.cleandoc(function.__doc__ or "")
        info = RouteInfo(
            method=method,
            path=path,
            roles=roles,
            scope=scope,
            summary=summary,
            method_name=function.__name__,
            description=description,
            body=body,
            query=query,
            response=response,
            status=status,
        )

        @functools.wraps(function)
        def run(service: Any, given: Any) -> Any:
            # Called by a test or another method with a RequestContext, it is the plain method; nameko's
            # worker gives work.
            return (
                given.perform(functools.partial(function, service))
                if isinstance(given, Work)
                else function(service, given)
            )

        register_entrypoint(run, Route(info))
        return run  # type: ignore[return-value]

    return decorate


class Work:
    """A checked request on its way into nameko's worker, where it is carried out in one
    transaction.
    """

    def __init__(self, endpoint: Endpoint, prepared: Prepared) -> None:
        self._endpoint, self._prepared = endpoint, prepared

    def perform(self, method: Callable[..., Any]) -> Outcome:
        """Carry it out. Errors are returned, for nameko would log their words, which may be a
        resident's.
        """
        prepared = self._prepared
        with (
            bound_to_request(self._endpoint.service, prepared.correlation_id, prepared.locale),
            tracing.continued(prepared.traceparent),
        ):
            try:
                return Outcome(response=self._endpoint.perform(method, prepared))
            except Exception as error:
                return Outcome(error=error)


class Route(Entrypoint):
    """The entrypoint of one route."""

    server = HttpServer()

    def __init__(self, info: RouteInfo, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.info = info
        self._endpoint: Endpoint | None = None

    def setup(self) -> None:
        """Build the schemas and register with the server."""
        self._endpoint = Endpoint(self.info, self.container.config["runtime"])
        self.server.register_provider(self)

    def stop(self) -> None:
        """Finish what was begun, then leave the server."""
        self.server.drain()
        self.server.unregister_provider(self)
        super().stop()

    def get_url_rule(self) -> Rule:
        """The rule by which werkzeug finds this route."""
        return Rule(
            f"/api/{self.container.service_name}/v1{self.info.path}", methods=[self.info.method]
        )

    def answer(
        self, request: Request, path: dict[str, Any], locale: str, correlation_id: str
    ) -> Response:
        """Check here, carry out in a worker, and wait for it. Raises what went wrong."""
        assert self._endpoint is not None  # noqa: S101 - set up before the server starts
        prepared = self._endpoint.prepare(request, path, locale, correlation_id)
        done = Event()
        try:
            self.container.spawn_worker(
                self,
                (Work(self._endpoint, prepared),),
                {},
                handle_result=functools.partial(_send, done),
            )
        except ContainerBeingKilled:
            raise Problem(503, "stopping", "The service is stopping; try again.") from None
        outcome: Outcome = done.wait()
        return outcome.unwrap()


def _send(done: Event, _worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
    done.send(result, exc_info)
    return result, exc_info
