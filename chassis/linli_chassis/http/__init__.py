"""HTTP for services: they declare routes, roles, scope and schemas; `pipeline` does the rest."""

from linli_contracts.identity import PUBLIC, ROLES, Actor, Principal, Scope

from linli_chassis.http.imports import Batch, ImportBody, ImportResponse, ImportResult, Refusal
from linli_chassis.http.paging import Page, PageQuery, PageRequest, fetch_page, page, page_of
from linli_chassis.http.pipeline import RequestContext
from linli_chassis.http.problems import Problem
from linli_chassis.http.route import route
from linli_chassis.http.route_info import routes_of
from linli_chassis.http.schemas import (
    BodySchema,
    FileBody,
    FileResponse,
    QuerySchema,
    ResponseSchema,
    TranslatedText,
)

__all__ = [
    "PUBLIC",
    "ROLES",
    "Actor",
    "Batch",
    "BodySchema",
    "FileBody",
    "FileResponse",
    "ImportBody",
    "ImportResponse",
    "ImportResult",
    "Page",
    "PageQuery",
    "PageRequest",
    "Principal",
    "Problem",
    "QuerySchema",
    "Refusal",
    "RequestContext",
    "ResponseSchema",
    "Scope",
    "TranslatedText",
    "fetch_page",
    "page",
    "page_of",
    "route",
    "routes_of",
]
