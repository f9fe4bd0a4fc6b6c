"""HTTP for services: declare a route, say who may call it and what it takes; the rest is done here."""

from linli_chassis.http.auth import PUBLIC, ROLES, Principal
from linli_chassis.http.declared import RouteInfo, routes_of
from linli_chassis.http.exchange import Call
from linli_chassis.http.problems import Problem
from linli_chassis.http.route import route
from linli_chassis.http.schemas import (
    AnswerSchema,
    BodySchema,
    ImportAnswer,
    ImportBody,
    PageQuery,
    QuerySchema,
    RefusedItem,
    TranslatedText,
    import_answer,
    page,
    page_of,
    refused_item,
)

__all__ = [
    "PUBLIC",
    "ROLES",
    "AnswerSchema",
    "BodySchema",
    "Call",
    "ImportAnswer",
    "ImportBody",
    "PageQuery",
    "Principal",
    "Problem",
    "QuerySchema",
    "RefusedItem",
    "RouteInfo",
    "TranslatedText",
    "import_answer",
    "page",
    "page_of",
    "refused_item",
    "route",
    "routes_of",
]
