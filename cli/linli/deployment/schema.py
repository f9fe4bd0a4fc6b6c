"""Reading district.toml. Whether it fits the secrets and files beside it: `check`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from linli_contracts import validation_messages  # noqa: F401  # refusals that can be translated
from linli_contracts.manifest import api_services, installed_services
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from linli.base.errors import UsageFailure
from linli.base.i18n import mark, t, translate_refusal
from linli.deployment.fields import (
    ADDRESS,
    DNS_LABEL,
    HOST,
    IDENTIFIER,
    NAME,
    PLAIN_LINE,
    PORT,
    VARIABLE,
    as_variable,
    check_subscriber,
    file,
    must_be_together,
    text,
)
from linli.deployment.model import (
    BUNDLED_BROKER,
    FILE,
    Broker,
    Database,
    District,
    Http,
    Images,
    Kubernetes,
    Limits,
    Subscriber,
    Tokens,
)


class _Part(Schema):
    makes: Any = None

    class Meta:
        unknown = RAISE

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data) if self.makes else data


class _Limits(_Part):
    makes = Limits
    reopen_days = fields.Integer(strict=True, load_default=10, validate=Range(0))
    services_file = file()
    indicators_file = file()


class _Tokens(_Part):
    makes = Tokens
    audience = text(required=False, load_default="linli", validate=PLAIN_LINE)
    jwks_file = file()


class _Http(_Part):
    makes = Http
    address = fields.IP(required=True)
    port = fields.Integer(strict=True, required=True, validate=PORT)
    certificate_file = file()
    key_file = file()

    @validates_schema
    def both_or_none(self, data: dict[str, Any], **_: Any) -> None:
        must_be_together(data, "certificate_file", "key_file")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return Http(**{**data, "address": str(data["address"])})


class _Broker(_Part):
    makes = Broker
    host = text(validate=HOST)
    vhost = text(validate=NAME)
    port = fields.Integer(strict=True, validate=PORT)
    published = fields.String(validate=ADDRESS)
    ca_file = file()
    certificate_file = file()
    key_file = file()

    @validates_schema
    def both_or_none(self, data: dict[str, Any], **_: Any) -> None:
        must_be_together(data, "certificate_file", "key_file")
        if data.get("host") == BUNDLED_BROKER:
            must_be_together(data, "ca_file", "certificate_file")
        if (
            data.get("published")
            and not data["published"].startswith("127.")
            and not data.get("ca_file")
        ):
            raise ValidationError(t("is needed with {name}", name="published"), "ca_file")


class _Database(_Part):
    makes = Database
    host = text(validate=HOST)
    name = text(validate=IDENTIFIER)
    port = fields.Integer(strict=True, load_default=5432, validate=PORT)
    sslmode = fields.String(validate=OneOf(("disable", "require", "verify-ca", "verify-full")))
    ca_file = file()

    @validates_schema
    def verified_by_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("sslmode", "").startswith("verify") and not data.get("ca_file"):
            raise ValidationError(t("is needed with {name}", name="sslmode"), "ca_file")


class _Images(_Part):
    makes = Images
    registry = text(
        validate=Regexp(
            r"[a-z0-9][a-z0-9._:/-]*[a-z0-9]\Z", error=mark("must be host/path of a registry")
        )
    )
    version = text(
        validate=Regexp(
            r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z", error=mark("must be an image's tag")
        )
    )


class _Kubernetes(_Part):
    makes = Kubernetes
    host = fields.String(load_default=None, validate=HOST)
    ingress_class = text(validate=DNS_LABEL)
    ingress_namespace = text(validate=DNS_LABEL)
    tls_secret = fields.String(load_default=None, validate=DNS_LABEL)
    pull_secret = fields.String(load_default=None, validate=DNS_LABEL)
    scaling = fields.Boolean(required=True)
    most_replicas = fields.Integer(strict=True, required=True, validate=Range(1, 100))


class _Subscriber(_Part):
    name = text(validate=check_subscriber)
    types = fields.List(text(), required=True, validate=Length(1))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return Subscriber(name=data["name"], types=tuple(data["types"]))


_Replicas = Schema.from_dict(
    {
        name: fields.Integer(strict=True, load_default=1, validate=Range(1, 100))
        for name in api_services()
    }
)


_OptionalServices = Schema.from_dict(
    {
        name: fields.Boolean(load_default=False)
        for name, manifest in installed_services().items()
        if manifest.optional
    }
)


class _District(_Part, _OptionalServices):  # type: ignore[misc, valid-type]  # made from manifests
    code = text(validate=Regexp(r"[0-9]{6}\Z", error=mark("must have six digits")))
    name = text()
    language = text(validate=OneOf(("zh", "en")))
    time_zone = text()
    calendar = text()
    office_hours = text(validate=PLAIN_LINE)
    grid_digits = fields.Integer(strict=True, required=True)
    limits = fields.Nested(_Limits, load_default=Limits(reopen_days=10))
    tokens = fields.Nested(_Tokens, load_default=Tokens(audience="linli"))
    http = fields.Nested(_Http, required=True)
    broker = fields.Nested(_Broker, required=True)
    database = fields.Nested(_Database, required=True)
    images = fields.Nested(_Images, required=True)
    replicas = fields.Nested(
        _Replicas, load_default=dict.fromkeys(api_services(), 1), unknown=RAISE
    )
    kubernetes = fields.Nested(_Kubernetes, required=True)
    settings = fields.Dict(
        keys=fields.String(validate=VARIABLE), values=fields.Raw(), load_default=dict
    )
    subscribers = fields.List(fields.Nested(_Subscriber), load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        settings = {name: as_variable(value) for name, value in data["settings"].items()}
        optional = frozenset(name for name in _OptionalServices().fields if data.pop(name))
        subscribers = [
            Subscriber(name=name, types=manifest.follows)
            for name, manifest in installed_services().items()
            if name in optional or not manifest.optional
            if manifest.follows
        ]
        return {
            **data,
            "settings": settings,
            "subscribers": (*data["subscribers"], *subscribers),
            "optional_services": optional,
        }


def load(folder: Path) -> District:
    """Read district.toml in a folder.

    Raises:
        UsageFailure: it cannot be read, or says what it may not; with everything that is wrong.
    """
    path = folder / FILE
    hint = t("Correct {path}. `linli district init` shows what it looks like.", path=str(path))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return District(folder=folder.resolve(), **_District().load(document))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageFailure(
            t("{path} cannot be read: {error}", path=str(path), error=str(error)), hint
        ) from error
    except ValidationError as error:
        raise UsageFailure("\n".join(refusals(error.messages)), hint) from error


def refusals(messages: Any, place: str = "") -> Iterator[str]:
    """The messages of a ValidationError, each with its place, in the reader's language."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            own = name in ("_schema", "key", "value")
            yield from refusals(inner, place if own else f"{place}.{name}" if place else str(name))
    elif isinstance(messages, list):
        for message in messages:
            yield from refusals(message, place)
    else:
        yield f"{place}: {translate_refusal(messages)}"
