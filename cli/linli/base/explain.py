"""Any exception in words for the person at the command line, with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from linli.base.errors import Failure, ServiceFailure, UsageFailure
from linli.base.i18n import mark, t

if TYPE_CHECKING:
    from linli_client.errors import (
        BadTokenClaims,
        ClientError,
        ServiceProblem,
        ServiceUnavailable,
    )
    from linli_kernel.errors import DomainError


def as_failure(error: Exception) -> Failure:
    """The failure that an exception is shown as."""
    if isinstance(error, Failure):
        return error
    for kind in type(error).__mro__:
        if kind.__name__ in _EXPLANATIONS:
            return _EXPLANATIONS[kind.__name__](error)
    return Failure(
        t("Unexpected: {kind}: {error}", kind=type(error).__name__, error=str(error)),
        t("Set LINLI_DEBUG=1 to see where it happened, and please report it."),
    )


def _first_line(error: Exception) -> str:
    return (str(getattr(error, "orig", error)).strip().splitlines() or [""])[0]


def _with_reason(template: str, hint: str, kind: type[Failure] = Failure) -> _Explanation:
    return lambda error: kind(t(template, reason=_first_line(error)), t(hint))


def _without_reason(template: str, hint: str) -> _Explanation:
    """For settings whose value may hold a password, which is not quoted."""
    return lambda _error: UsageFailure(t(template), t(hint))


def _bad_settings(error: Exception) -> Failure:
    hint = t("Set them in the environment; secrets may stand in files named by NAME_FILE.")
    return UsageFailure(str(error), hint)


def _missing_module(error: Exception) -> Failure:
    module = getattr(error, "name", None) or str(error)
    return Failure(
        t("A Python module is missing: {module}", module=module),
        t("Install the extra linli[embedded] here; `make demo` does so in a checkout."),
    )


def _text_of(error: ClientError | DomainError) -> str:
    """The message of an error that keeps its template and its parameters."""
    return t(error.message, **error.params)


def _service_problem(error: ServiceProblem) -> Failure:
    hint = "; ".join(error.pointers)
    if error.status == 401:
        hint = t("The token was not taken. Is LINLI_JWT_SECRET the one the services use?")
    return ServiceFailure(_text_of(error), hint, error.status, error.problem)


def _service_unavailable(error: ServiceUnavailable) -> Failure:
    hint = t(
        "Is the platform running? Start it with `linli up`, "
        "or give its address with --url or LINLI_URL."
    )
    return Failure(_text_of(error), hint)


def _unknown_role(error: BadTokenClaims) -> Failure:
    from linli_contracts.identity import ROLES

    return UsageFailure(_text_of(error), t("Roles: {roles}", roles=", ".join(ROLES)))


def _bad_region_code(error: BadTokenClaims) -> Failure:
    hint = t(
        "A division code has 6 (district), 9 (sub-district), 12 (community) or 14-15 (grid) digits."
    )
    return UsageFailure(_text_of(error), hint)


def _secret_too_short(error: BadTokenClaims) -> Failure:
    return UsageFailure(_text_of(error), t("Set LINLI_JWT_SECRET to the one the services use."))


def _domain_error(error: DomainError) -> Failure:
    invalid = error.status == 422
    return UsageFailure(_text_of(error)) if invalid else Failure(_text_of(error))


_Explanation = Callable[[Any], Failure]

_bad_database_url = _without_reason(
    mark("DATABASE_URL is not the address of a database."),
    mark("It looks like postgresql://user:password@host:5432/name."),
)
_bad_url = _with_reason(
    mark("The address of the platform cannot be used: {reason}"),
    mark("It looks like http://127.0.0.1:8000; give it with --url or LINLI_URL."),
    UsageFailure,
)

# By the name of the class or of a base of it, so that nothing is imported only to explain an error
# that does not happen.
_EXPLANATIONS: dict[str, _Explanation] = {
    "OperationalError": _with_reason(
        mark("The database does not answer: {reason}"),
        mark("Is PostgreSQL running, and is DATABASE_URL right? `linli doctor` looks."),
    ),
    "ProgrammingError": _with_reason(
        mark("The database is not as it should be: {reason}"),
        mark(
            "Is it the right database, and is it at this version? `linli migrate` brings it there."
        ),
    ),
    "BusUnavailable": _with_reason(
        mark("The broker does not answer: {reason}"),
        mark("Is RabbitMQ running, and is AMQP_URI right? `linli doctor` looks."),
    ),
    "ArgumentError": _bad_database_url,
    "NoSuchModuleError": _bad_database_url,
    "MissingSchema": _bad_url,
    "InvalidSchema": _bad_url,
    "InvalidURL": _bad_url,
    "BadSettings": _bad_settings,
    "BadServiceCatalogue": _bad_settings,
    "ModuleNotFoundError": _missing_module,
    "ServiceProblem": _service_problem,
    "ServiceUnavailable": _service_unavailable,
    "UnknownRole": _unknown_role,
    "BadRegionCode": _bad_region_code,
    "SecretTooShort": _secret_too_short,
    "DomainError": _domain_error,
}
