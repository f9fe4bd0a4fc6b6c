"""The routes of the service catalogue."""

from __future__ import annotations

from linli_chassis.http import PUBLIC, RequestContext, Scope, route

from linli_service_desk.catalogue import queries, schemas


class Catalogue:
    """What residents may ask for."""

    @route(
        "GET",
        "/services",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        response=schemas.Services,
        summary="List the service catalogue",
    )
    def list_services(self, context: RequestContext[object]) -> queries.ServiceList:
        """What a resident may ask for, with the limits to answer and to finish in working hours."""
        return queries.list_services(context.uow, context.locale)
