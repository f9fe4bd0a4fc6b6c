"""Registers a request on FastAPI: `python -m uvicorn benchmarks.parts.fastapi_http:app`.

The work of `POST /api/grid/v1/requests` on the same tables: token, validation, the grid among an
STRtree, duplicates nearby, encryption, the row and its event in one commit, the Idempotency-Key.
The index, the cipher and the tracking code are those of the grid service; the rest is what its
authors would write with FastAPI, pydantic and SQLAlchemy over asyncpg. It has no log line, no
traceparent, no retry after a conflict, no translated problem, and repeats no response.
"""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import jwt
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from linli_chassis.storage.crypto import Keyring
from linli_contracts.service_catalogue import load_service_items
from linli_grid.geometry import metres_per_degree
from linli_grid.requests.tables import request as table
from linli_grid.territory.engine.index import GridIndex, LocatedGrid
from linli_kernel.tracking import digest_of, new_code
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from uuid_utils.compat import uuid7

DISTRICT, SECRET = os.environ["LINLI_DISTRICT"], os.environ["LINLI_JWT_SECRET"]
ROLES = {"resident", "grid_worker", "dispatcher", "admin"}
CATEGORIES = load_service_items(None)
KEYRING = Keyring.parse(os.environ["LINLI_KEYS"])
BORDER_M, RADIUS_M, HOURS = 30.0, 50.0, 72

engine = create_async_engine(
    sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"),
    pool_size=10,
    max_overflow=0,
    connect_args={"server_settings": {"search_path": "grid", "timezone": "UTC"}},
)
app = FastAPI()
Line = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Contact(BaseModel):
    """How to reach a resident."""

    model_config = ConfigDict(extra="forbid")
    name: Line
    phone: Line


class RegisterRequest(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid")
    category: str
    description: str = Field(min_length=1, max_length=4000)
    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-90, le=90)
    channel: Literal["web", "wechat", "app", "hotline", "open311", "in_person", "patrol"]
    contact: Contact | None = None
    consent: bool = False

    @model_validator(mode="after")
    def is_usable(self) -> "RegisterRequest":
        if self.category not in CATEGORIES or (self.contact and not self.consent):
            raise ValueError("an unknown category, or a contact without consent")
        return self


class RequestRegistered(BaseModel):
    """The event."""

    request_id: UUID
    category: str
    channel: str
    priority: str
    location_status: str
    grid_code: str | None
    registered_at: datetime
    place: dict[str, float]


class RegisteredRequest(BaseModel):
    """The response."""

    request_id: UUID
    tracking_code: str
    status: str
    priority: str
    registered_at: datetime
    location_status: str
    grid_code: str | None
    grid_name: str | None
    neighbours: list[str]
    possible_duplicates: list[UUID]


@lru_cache(1024)
def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token. Raises `jwt.PyJWTError`."""
    required = ["exp", "aud", "sub"]
    claims: dict[str, Any] = jwt.decode(
        token, SECRET, ["HS256"], audience="linli", options={"require": required}
    )
    return claims


async def caller(authorization: Annotated[str, Header()] = "") -> str:
    """The account that calls, if its role may register."""
    try:
        claims = claims_of(authorization.removeprefix("Bearer "))
    except jwt.PyJWTError:
        raise HTTPException(401) from None
    if claims["exp"] < datetime.now(UTC).timestamp():
        raise HTTPException(401)
    if not ROLES.intersection(claims["roles"]):
        raise HTTPException(403)
    return str(claims["sub"])


# The statements, each built once

_VERSION = sa.text("SELECT version FROM grid_version")
_GRIDS = sa.text("SELECT grid_code, name, area_m2, shape FROM grid")
_EAST = (table.c.longitude - sa.bindparam("longitude", type_=sa.Double)) * sa.bindparam(
    "metres_east", type_=sa.Double
)
_NORTH = (table.c.latitude - sa.bindparam("latitude", type_=sa.Double)) * sa.bindparam(
    "metres_north", type_=sa.Double
)
_NEARBY = (
    sa.select(table.c.request_id)
    .where(
        table.c.category == sa.bindparam("category"),
        table.c.registered_at.between(sa.bindparam("since"), sa.bindparam("until")),
        sa.func.sqrt(_EAST * _EAST + _NORTH * _NORTH) <= RADIUS_M,
        table.c.status.in_(("registered", "verified")),
        sa.func.coalesce(table.c.recorded_outcome, "open") == "open",
    )
    .order_by(table.c.registered_at, table.c.request_id)
    .limit(20)
)
_INSERT = sa.insert(table)
_NUMBER = sa.text(
    "INSERT INTO stream AS s (subject, sequence) VALUES (:subject, 1) ON CONFLICT (subject) "
    "DO UPDATE SET sequence = s.sequence + 1 RETURNING sequence"
)
_APPEND = sa.text(
    "WITH appended AS (INSERT INTO outbox (event_id, type, routing_key, headers, body) "
    "VALUES (:id, :type, :key, CAST(:headers AS jsonb), :body)) "
    "SELECT pg_notify('linli_outbox_grid', '')"
)
_CLAIM = sa.text(
    "INSERT INTO idempotency (account, key, route, body_sha256) "
    "VALUES (:account, :key, 'POST /requests', :sha) ON CONFLICT DO NOTHING RETURNING key"
)
_FINISH = sa.text(
    "UPDATE idempotency SET status = 201, answer = :answer WHERE account = :account AND key = :key"
)


class Grids:
    """The index over the grids, made anew when their version has changed."""

    version: UUID | None = None
    index = GridIndex([])

    @classmethod
    async def current(cls, connection: AsyncConnection) -> GridIndex:
        version = (await connection.execute(_VERSION)).scalar_one()
        if version != cls.version:
            rows = (await connection.execute(_GRIDS)).all()
            cls.index, cls.version = GridIndex([LocatedGrid(*row) for row in rows]), version
        return cls.index


@app.post("/requests", status_code=201)
async def register(
    request: Request,
    body: RegisterRequest,
    account: Annotated[str, Depends(caller)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RegisteredRequest:
    """Take a request in."""
    attempt = {"account": account, "key": idempotency_key}
    async with engine.begin() as connection:
        if idempotency_key:
            sha = hashlib.sha256(await request.body()).hexdigest()
            if not (await connection.execute(_CLAIM, {**attempt, "sha": sha})).first():
                raise HTTPException(409)
        response = await _register(connection, body)
        if idempotency_key:
            answer = KEYRING.encrypt(response.model_dump_json(), f"idempotency {account}")
            await connection.execute(_FINISH, {**attempt, "answer": answer})
    return response


async def _register(connection: AsyncConnection, body: RegisterRequest) -> RegisteredRequest:
    index, now, code = await Grids.current(connection), datetime.now(UTC), new_code()
    number = index.locate([body.longitude], [body.latitude])[0]
    grid = index.grids[number] if number >= 0 else None
    near = index.near(body.longitude, body.latitude, BORDER_M)
    duplicates = await connection.scalars(_NEARBY, _around(body, now))
    request_id, urgent = uuid4(), body.category.startswith("public_safety.")
    contact = body.contact and KEYRING.encrypt(body.contact.model_dump_json(), str(request_id))
    row = {
        "request_id": request_id,
        "category": body.category,
        "channel": body.channel,
        "priority": "urgent" if urgent else "normal",
        "status": "registered",
        "location_status": "located" if grid else "outside",
        "grid_code": grid.grid_code if grid else None,
        "longitude": body.longitude,
        "latitude": body.latitude,
        "description": KEYRING.encrypt(body.description, str(request_id)),
        "contact": contact,
        "photos": [],
        "tracking_digest": digest_of(code),
        "registered_at": now,
        "updated_at": now,
    }
    await connection.execute(_INSERT, row)
    await _emit(connection, row, now)
    return RegisteredRequest(
        **{name: row[name] for name in RegisteredRequest.model_fields if name in row},
        tracking_code=code,
        grid_name=grid.name if grid else None,
        neighbours=[each.grid_code for each in near if each is not grid],
        possible_duplicates=list(duplicates),
    )


def _around(body: RegisterRequest, now: datetime) -> dict[str, Any]:
    metres_east, metres_north = metres_per_degree(body.latitude)
    return {
        "category": body.category,
        "since": now - timedelta(hours=HOURS),
        "until": now + timedelta(hours=HOURS),
        "longitude": body.longitude,
        "latitude": body.latitude,
        "metres_east": metres_east,
        "metres_north": metres_north,
    }


async def _emit(connection: AsyncConnection, row: dict[str, Any], now: datetime) -> None:
    place = {name: round(row[name], 3) for name in ("longitude", "latitude")}
    event = RequestRegistered.model_validate({**row, "place": place})
    subject, event_id = str(row["request_id"]), str(uuid7())
    sequence = (await connection.execute(_NUMBER, {"subject": subject})).scalar_one()
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": f"urn:linli:{DISTRICT}:grid",
        "ce-type": "linli.grid.request_registered.v1",
        "ce-subject": subject,
        "ce-time": now.isoformat(),
        "ce-sequence": str(sequence),
        "ce-correlationid": subject,
    }
    values = {
        "id": event_id,
        "type": headers["ce-type"],
        "key": f"{DISTRICT}.grid.request_registered.v1",
        "headers": json.dumps(headers),
        "body": event.model_dump_json(),
    }
    await connection.execute(_APPEND, values)
