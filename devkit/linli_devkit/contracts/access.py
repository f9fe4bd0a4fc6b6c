"""The page of who may call what for docs/, made from the OpenAPI documents of the services; and
what a role reaches by a route, which the tests hold the services to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from linli_chassis.http.openapi import openapi_of
from linli_contracts.identity import ADMIN, PROVIDER, PUBLIC, ROLES, Scope
from linli_contracts.manifest import api_services, find_service

from linli_devkit.contracts.pages import table

NOTHING, ALL, DISTRICT, REGION, UNIT = "–", "public", "district", "region", "unit"
_OF_OTHERS = {
    Scope.DISTRICT: DISTRICT,
    Scope.REGION: REGION,
    Scope.UNIT: UNIT,
    Scope.REGION_OR_UNIT: REGION,
}
_OF_PROVIDERS = {**_OF_OTHERS, Scope.REGION_OR_UNIT: UNIT}

_HEAD = f"""\
# Who may call what

Generated from the OpenAPI documents of the services by `python -m linli_devkit.contracts`; do not
edit by hand. `tests/conformance/test_access.py` makes every call of this page with every role,
region and unit. [deploying.md](deploying.md#settings) describes the token.

A cell says what a role reaches by a route:

| Cell | What |
|---|---|
| {NOTHING} | nothing: 403, whatever the region |
| {ALL} | everything, also without a token |
| {DISTRICT} | what anybody with a token of this district may see or do |
| {REGION} | what lies in the region of the token; what has no region belongs to the district |
| {UNIT} | what the unit of the token holds, wherever it lies |

- Without a token, or with one that is not valid: 401, on every route that is not public.
- The region of a token is the district, a region or grid in it, or the city or province above it.
  A token of another district is refused with 403 on every route that is not public, also an
  admin's.
- The `unit` of a token counts for the role `provider` alone
  ([record 33](adr/0033-a-unit-counts-for-providers-only.md)).
- An admin may do what any role may, within the region of the token.
- Out of reach: 403; a case that is looked at, 404, as if it did not exist. A list leaves it out, an
  import lists it as refused.
"""


def reach_of(role: str, roles: Sequence[str], scope: Scope) -> str:
    """What a role reaches by a route of these roles and this scope; one of the cells above."""
    if tuple(roles) == PUBLIC:
        return ALL
    if role not in roles and role != ADMIN:
        return NOTHING
    return (_OF_PROVIDERS if role == PROVIDER else _OF_OTHERS)[scope]


def access_page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *(_section(service) for service in api_services())])


def _section(service: str) -> str:
    document = openapi_of(find_service(service).load_service())
    rows = [
        (f"`{path}`", *(reach_of(role, roles, scope) for role in ROLES))
        for path, roles, scope in _routes(document, f"/api/{service}/v1")
    ]
    return f"## {service}\n\nBelow `/api/{service}/v1`.\n\n" + table(("route", *ROLES), rows)


def _routes(document: dict[str, Any], base: str) -> Iterator[tuple[str, list[str], Scope]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path.removeprefix(base)}"
            yield name, operation["x-roles"], Scope(operation["x-scope"])
