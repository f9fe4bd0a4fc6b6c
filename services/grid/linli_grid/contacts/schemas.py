"""Reading contacts, and who did, at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import BodySchema, PageQuery, ResponseSchema, page_of
from linli_chassis.i18n import Text
from linli_contracts.fields import PLAIN_LINE, Moment, code, identifier
from marshmallow import ValidationError, fields, validate

from linli_grid.contacts.domain import REASONS, ReadContact
from linli_grid.contacts.queries import ListAccesses
from linli_grid.fields import line
from linli_grid.requests import ContactBody


def not_blank(words: str) -> None:
    """Raise `ValidationError` for words of nothing but blanks."""
    if not words.strip():
        raise ValidationError(Text("Say in words why."))


class ReadContactBody(BodySchema):
    """Why the contact is read."""

    makes = ReadContact

    reason = code("Why, in general.", required=True, validate=validate.OneOf(REASONS))
    words = fields.String(
        required=True,
        validate=[validate.Length(1, 200), PLAIN_LINE, not_blank],
        metadata={"description": "Why, in words. Kept encrypted with who read it and when."},
    )


class ContactResponse(ResponseSchema):
    """The resident's words and contact."""

    request_id = fields.UUID(required=True)
    description = fields.String(required=True, allow_none=True)
    contact = fields.Nested(ContactBody, required=True, allow_none=True)
    note = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the worker noted on the spot."},
    )


class AccessQuery(PageQuery):
    """Which of them to list."""

    makes = ListAccesses

    request_id = identifier("Only those of this request.", load_default=None)
    account = line("Only those by this account.", 255, load_default=None)


class AccessResponse(ResponseSchema):
    """Somebody read the contact of a request."""

    request_id = fields.UUID(required=True)
    account = fields.String(required=True)
    reason = fields.String(required=True)
    words = fields.String(required=True, allow_none=True)
    accessed_at = Moment(required=True)


AccessPage = page_of(AccessResponse)
