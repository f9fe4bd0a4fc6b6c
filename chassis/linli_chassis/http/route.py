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

from linli_chassis.http.pipeline import Perform, Result, RouteEndpoint
from linli_chassis.http.problems import Problem
from linli_chassis.http.route_info import METHODS, RouteInfo
from linli_chassis.http.server import HttpServer

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

    The method is given a `RequestContext` and returns data for `response`, or raises. Everything
    else is done around it: the token, the role, the schemas, the transaction, `Idempotency-Key` on
    POST, and problems.

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
    name = f"{method} {path}"
    if method not in METHODS or not path.startswith("/"):
        raise ValueError(f"{name} is not a method and a path")
    if roles != PUBLIC and (not roles or set(roles) - set(ROLES)):
        raise ValueError(f"{name}: roles are {', '.join(ROLES)}, or PUBLIC")
    if (roles == PUBLIC) is not (scope is Scope.PUBLIC):
        raise ValueError(f"{name}: public roles and the public scope go together")
    if body is not None and query is not None:
        raise ValueError(f"{name} takes a body or a query, not both")

    def decorate(function: _F) -> _F:
        info = RouteInfo(
            method=method,
            path=path,
            roles=roles,
            scope=scope,
            summary=summary,
            method_name=function.__name__,
            description=inspect.cleandoc(function.__doc__ or ""),
            body=body,
            query=query,
            response=response,
            status=status,
        )

        @functools.wraps(function)
        def run(service: Any, argument: Any) -> Any:
            # Tests and other methods call the plain method; a worker passes what surrounds it.
            bound = functools.partial(function, service)
            return argument(bound) if callable(argument) else bound(argument)

        register_entrypoint(run, Route(info))
        return run  # type: ignore[return-value]

    return decorate


class Route(Entrypoint):
    """The entrypoint of one route."""

    server = HttpServer()

    def __init__(self, info: RouteInfo, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.info = info

    def setup(self) -> None:
        """Build the schemas and register with the server."""
        self.endpoint = RouteEndpoint(
            self.info, self.container.config["runtime"], self._run_in_worker
        )
        self.server.register_provider(self)

    def stop(self) -> None:
        """Finish what was begun, then leave the server."""
        self.server.drain()
        self.server.unregister_provider(self)
        super().stop()

    def rule(self) -> Rule:
        """The rule by which werkzeug finds this route."""
        path = f"/api/{self.container.service_name}/v1{self.info.path}"
        return Rule(path, methods=[self.info.method], endpoint=self.endpoint)

    def _run_in_worker(self, perform: Perform) -> Result:
        """Perform the method of this route in a worker of the container; wait for the result."""
        done = Event()

        def finish(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send(result, exc_info)
            return result, exc_info

        with self.server.slot():
            try:
                self.container.spawn_worker(self, (perform,), {}, handle_result=finish)
            except ContainerBeingKilled:
                raise Problem(503, "stopping", "The service is stopping; try again.") from None
            result: Result = done.wait()
            return result
