"""Residents' requests at the HTTP edge."""

from __future__ import annotations

from collections.abc import Mapping

from linli_chassis.http import (
    BodySchema,
    PageQuery,
    ResponseSchema,
    TranslatedText,
    page_of,
)
from linli_chassis.i18n import Text
from linli_contracts.events.grid.requests import REJECTION_REASONS
from linli_contracts.fields import (
    CHANNELS,
    LOCATION_STATUSES,
    Flag,
    Moment,
    code,
    grid,
    identifier,
    region,
    service,
)
from marshmallow import ValidationError, fields, validate, validates_schema

from linli_grid.fields import ServiceName, coordinate_system, latitude, line, longitude
from linli_grid.requests.domain import (
    GROUPS,
    STATUSES,
    Contact,
    LinkRequest,
    RegisterRequest,
    RejectRequest,
    RelocateRequest,
    ResolveOnSpot,
)
from linli_grid.requests.queries import ListRequests


class ContactBody(BodySchema):
    """How to reach the resident; kept encrypted."""

    makes = Contact

    name = line("What to call the resident.", 100, required=True)
    phone = line("Telephone number.", 40, required=True)


class FileId(fields.UUID):
    """The id of an uploaded file; a reference of another kind is refused with what to do."""

    def make_error(self, key: str, **_: object) -> ValidationError:  # noqa: ARG002
        """The refusal."""
        return ValidationError(
            Text("Not the id of a file: upload the photo at /files, and give the id it answers.")
        )


class RegisterBody(BodySchema):
    """A resident's request."""

    makes = RegisterRequest

    category = service("The service asked for, from the service catalogue.", required=True)
    description = fields.String(
        required=True,
        validate=validate.Length(1, 4000),
        metadata={"description": "Words of the resident, kept encrypted."},
    )
    longitude = longitude()
    latitude = latitude()
    coordinate_system = coordinate_system()
    channel = code(
        "How it came in.",
        required=True,
        validate=validate.OneOf([name for name in CHANNELS if name != "import"]),
    )
    contact = fields.Nested(ContactBody, load_default=None, allow_none=True)
    consent = Flag(
        load_default=False,
        metadata={
            "description": "The resident agrees that contact and groups are used; "
            "true when either is given."
        },
    )
    groups = fields.List(
        fields.String(validate=validate.OneOf(GROUPS)),
        load_default=list,
        validate=validate.Length(max=len(GROUPS)),
        metadata={
            "description": "Groups the resident belongs to. They decide the priority "
            "and are not kept."
        },
    )
    consent_text = code(
        "Version of the text the resident agreed to; the district's present one without it.",
        load_default=None,
        allow_none=True,
    )
    photos = fields.List(
        FileId(),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Ids of files that the same account uploaded at `/files`."},
    )

    @validates_schema
    def asks_consent(self, data: Mapping[str, object], **_: object) -> None:
        """Personal data is taken with consent only."""
        if (data.get("contact") or data.get("groups")) and not data["consent"]:
            raise ValidationError(
                Text("Contact and groups may be given with the resident's consent only."), "consent"
            )


class RegisteredResponse(ResponseSchema):
    """What a registered request is known by, and what to tell the resident."""

    request_id = fields.UUID(required=True)
    tracking_code = fields.String(
        required=True,
        metadata={"description": "For the resident. Told this once; only its digest is kept."},
    )
    status = fields.String(required=True)
    priority = fields.String(required=True)
    registered_at = Moment(required=True)
    location_status = fields.String(required=True)
    grid_code = fields.String(required=True, allow_none=True)
    grid_name = fields.String(required=True, allow_none=True)
    neighbours = fields.List(
        fields.String(), required=True, metadata={"description": "Other grids near the place."}
    )
    possible_duplicates = fields.List(
        fields.UUID(),
        required=True,
        metadata={
            "description": "For staff: open ones of the same category in their region, near in "
            "place and time; the 20 oldest at most. Empty for residents."
        },
    )
    reported_before = Flag(
        required=True,
        metadata={
            "description": "For residents: others reported what anybody in the street can see, "
            "within about 100 m."
        },
    )
    warnings = fields.List(TranslatedText(), required=True)


class RequestQuery(PageQuery):
    """Which requests to list."""

    makes = ListRequests

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    grid_code = region("Only those in this grid, or under this region.", load_default=None)
    location_status = fields.String(load_default=None, validate=validate.OneOf(LOCATION_STATUSES))
    category = service("Only those of this category.", load_default=None)


class RequestResponse(ResponseSchema):
    """A request without the resident's words and contact."""

    request_id = fields.UUID(required=True)
    category = fields.String(required=True)
    category_name = ServiceName(required=True, allow_none=True)
    channel = fields.String(required=True)
    priority = fields.String(required=True)
    status = fields.String(required=True)
    location_status = fields.String(required=True)
    grid_code = fields.String(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    latitude = fields.Float(required=True, allow_none=True)
    photos = fields.List(fields.String(), required=True, allow_none=True)
    responsible_worker_id = fields.UUID(required=True, allow_none=True)
    original_request_id = fields.UUID(required=True, allow_none=True)
    rejection_reason = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    external_ref = fields.String(required=True, allow_none=True)
    consent_at = Moment(required=True, allow_none=True)
    consent_text = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Version of the text the resident agreed to."},
    )
    consent_withdrawn_at = Moment(required=True, allow_none=True)
    registered_at = Moment(required=True)
    updated_at = Moment(required=True)
    actions = fields.List(
        fields.String(), required=True, metadata={"description": "What the caller may do now."}
    )


RequestPage = page_of(RequestResponse)


class RequestDetailsResponse(RequestResponse):
    """A request with those that may be the same."""

    possible_duplicates = fields.List(
        fields.UUID(),
        required=True,
        metadata={
            "description": "Open ones of the same category in the caller's region, near in place "
            "and time; the 20 oldest at most."
        },
    )


class RejectBody(BodySchema):
    """Why a request is turned down."""

    makes = RejectRequest

    reason = code("Why.", required=True, validate=validate.OneOf(REJECTION_REASONS))


class NoteBody(BodySchema):
    """How a request was settled on the spot."""

    makes = ResolveOnSpot

    note = fields.String(
        required=True,
        validate=validate.Length(1, 2000),
        metadata={"description": "What was done; kept encrypted."},
    )


class LinkBody(BodySchema):
    """The request that is being worked on."""

    makes = LinkRequest

    original_request_id = identifier("The request that is being worked on.", required=True)


class RelocateBody(BodySchema):
    """The grid a request belongs to."""

    makes = RelocateRequest

    grid_code = grid("The grid.", required=True)


class TrackingResponse(ResponseSchema):
    """How far a request is."""

    request_id = fields.UUID(required=True)
    status = fields.String(required=True)
    category = fields.String(required=True)
    category_name = ServiceName(required=True, allow_none=True)
    registered_at = Moment(required=True)
    updated_at = Moment(required=True)
