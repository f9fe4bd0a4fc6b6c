"""Files at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import ResponseSchema
from linli_contracts.fields import identifier
from marshmallow import fields


class UploadedResponse(ResponseSchema):
    """A file that was uploaded."""

    file_id = identifier("To be given where the file is attached.", required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(
        required=True, metadata={"description": "Bytes, without what was removed."}
    )
