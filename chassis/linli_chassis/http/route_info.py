"""What the routes of a service declare, as data for the documentation and for tests."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from linli_contracts.identity import PUBLIC, Scope
from marshmallow import Schema
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CODE_PATTERN = "[0-9]{6,15}"
"""What `<code:...>` in a path takes: the code of a region or a grid."""


@dataclass(frozen=True)
class RouteInfo:
    """What a route declares. `path` is below `/api/<service>/v1`; `method_name` is in Python."""

    method: str
    path: str
    roles: tuple[str, ...]
    scope: Scope
    summary: str
    method_name: str
    description: str = ""
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    response: type[Schema] | None = None
    status: int = 200

    @property
    def public(self) -> bool:
        return self.roles == PUBLIC

    @property
    def has_body(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH")


def routes_of(service: type[Any]) -> list[RouteInfo]:
    """All routes that a service class declares, by path and method."""
    declared = [
        getattr(entrypoint, "info", None)
        for _, function in inspect.getmembers(service, inspect.isfunction)
        for entrypoint in getattr(function, ENTRYPOINT_EXTENSIONS_ATTR, ())
    ]
    routes = [info for info in declared if isinstance(info, RouteInfo)]
    return sorted(routes, key=lambda info: (info.path, METHODS.index(info.method)))
