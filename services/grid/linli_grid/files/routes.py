"""The route of files, and the timer that deletes what is attached to nothing."""

from __future__ import annotations

from linli_chassis.http import FileBody, RequestContext, Scope, route
from linli_chassis.process.timers import every
from linli_chassis.storage.files import StoredFile

from linli_grid.files import commands, schemas
from linli_grid.settings import Uow

UPLOADERS = ("resident", "grid_worker", "dispatcher")


class Files:
    """Files to attach."""

    @route(
        "POST",
        "/files",
        roles=UPLOADERS,
        scope=Scope.DISTRICT,
        body=FileBody,
        response=schemas.UploadedResponse,
        status=201,
        summary="Upload a photo or PDF",
    )
    def upload_file(self, context: RequestContext[bytes]) -> StoredFile:
        """The body is the file. Place and time are removed from photos; PDFs are kept whole."""
        return commands.upload(context.uow, context.actor, context.input)

    @every(seconds=600)
    def purge_files(self, uow: Uow) -> None:
        """What is attached to nothing for a day goes."""
        commands.purge_files(uow)
