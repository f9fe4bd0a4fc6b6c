"""The route by which history is brought in."""

from __future__ import annotations

from linli_chassis.http import ImportResult, RequestContext, Scope, route

from linli_grid.history import commands, schemas


class History:
    """Requests of older systems."""

    @route(
        "POST",
        "/requests/import",
        roles=("operator",),
        scope=Scope.REGION,
        body=schemas.HistoryImport,
        response=schemas.HistoryImportResponse,
        summary="Bring in the requests of an older system",
    )
    def import_requests(self, context: RequestContext[commands.ImportHistory]) -> ImportResult:
        """With the times they had there. Sending the same again adds nothing."""
        return commands.import_requests(context.uow, context.actor, context.input)
