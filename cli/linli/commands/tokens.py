"""`linli token`: a bearer token for one role in one region."""

from __future__ import annotations

from typing import Annotated

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t

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


@framed
def token(
    role: Role,
    region: Region = None,
    unit: Unit = None,
    account: Account = "linli-command",
    hours: Hours = 12,
    as_json: AsJson = False,
) -> None:
    """Sign the token and write it to stdout, alone on its line."""
    from uuid import UUID

    from linli.base.context import Context
    from linli.base.errors import UsageFailure
    from linli.base.tokens import sign

    context = Context.load()
    if unit:
        try:
            UUID(unit)
        except ValueError:
            raise UsageFailure(t("{text} is no UUID", text=repr(unit))) from None
    if role == "provider" and not unit:
        raise UsageFailure(
            t("A provider's token needs its unit."),
            t("Give it with --unit UUID; see GET /api/organization/v1/units."),
        )
    where = region or context.need("district")
    signed = sign(
        context.need("jwt_secret"), role=role, region=where, unit=unit, account=account, hours=hours
    )
    payload = {
        "token": signed,
        "role": role,
        "region": where,
        "unit": unit,
        "account": account,
        "hours": hours,
    }
    output = Output(as_json)
    output.result(payload, lambda console: console.out(signed))
