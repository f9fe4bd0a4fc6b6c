"""`linli token`: a bearer token for one role in one region."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import t
from linli.base.options import parse_uuid

Role = Annotated[
    str,
    typer.Option(
        help=t(
            "resident, grid_worker, dispatcher, provider, reviewer, evaluator, operator or admin."
        )
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help=t("Code of the region it is good for; the whole district otherwise.")
    ),
]
Unit = Annotated[str | None, typer.Option(metavar="UUID", help=t("The provider's unit."))]
Account = Annotated[str, typer.Option(help=t("Who it is for; shows in histories and logs."))]
Hours = Annotated[float, typer.Option(min=0.01, max=24 * 366, help=t("How long it is good for."))]


@reports_failures
def token(
    role: Role,
    region: Region = None,
    unit: Unit = None,
    account: Account = "linli-command",
    hours: Hours = 12,
    as_json: AsJson = False,
) -> None:
    """Sign the token and write it to stdout, alone on its line."""
    from linli_client.tokens import sign

    from linli.base.context import Context
    from linli.base.errors import UsageFailure

    context = Context.load()
    if unit:
        parse_uuid(unit)
    if role == "provider" and not unit:
        raise UsageFailure(
            t("A provider's token needs its unit."),
            t("Give it with --unit UUID; see GET /api/organization/v1/units."),
        )
    claims: dict[str, Any] = {
        "role": role,
        "region": region or context.need("district"),
        "unit": unit,
        "account": account,
        "hours": hours,
    }
    signed = sign(context.need("jwt_secret"), audience=context.jwt_audience, **claims)
    Output(as_json).result({"token": signed, **claims}, lambda console: console.out(signed))
