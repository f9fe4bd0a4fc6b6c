"""The command's table of contents."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from linli.base.i18n import t
from linli.commands import district, events, imports, subscriber, webhooks
from linli.commands.doctor import doctor
from linli.commands.report import report
from linli.commands.services import migrate, relay, run
from linli.commands.status import status
from linli.commands.tokens import token
from linli.commands.up import up

app = typer.Typer(
    name="linli",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=t("Linli: a platform for neighbourhood governance."),
)
# Commands that other distributions bring along, such as `demo`: functions that are given the app.
for _entry in entry_points(group="linli.commands"):
    _entry.load()(app)
app.command(help=t("Start the platform here and keep it running."))(up)
app.add_typer(imports.app, name="import", help=t("Bring in what the district already has."))
app.command(help=t("Scorecards of a period, ranked."))(report)
app.command(help=t("What each service still has to send and to take in."))(status)
app.add_typer(events.app, name="events", help=t("Follow events; deal with those that failed."))
app.add_typer(
    subscriber.app, name="subscriber", help=t("Let other systems follow events, and see which do.")
)
app.add_typer(
    webhooks.app, name="webhooks", help=t("Deliver events by HTTP POST to systems without AMQP.")
)
app.command(help=t("Sign a token for a role in a region."))(token)
app.command(help=t("Bring the databases to the newest version."))(migrate)
app.command(help=t("Run one service of a deployment."))(run)
app.command(help=t("Run the relay of one service of a deployment."))(relay)
app.add_typer(
    district.app, name="district", help=t("Describe a district, and deploy it with containers.")
)
app.command(help=t("What is missing on this machine, and how to get it."))(doctor)
