"""`linli district`: describe a district in a file, check it, and render its deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import language, t

if TYPE_CHECKING:
    from rich.console import Console

    from linli.deployment.model import District

app = typer.Typer(no_args_is_help=True)

Code = Annotated[
    str, typer.Argument(metavar="CODE", help=t("The district: six digits of GB/T 2260."))
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=t("Where district.toml is."))]
Deploy = Annotated[Path, typer.Option(metavar="FOLDER", help=t("The folder deploy of a checkout."))]


@app.command(help=t("Begin a district: a file to fill in, and secrets made up."))
@reports_failures
def init(code: Code, folder: Folder, as_json: AsJson = False) -> None:
    """Write district.toml and secrets/; what is there already stays as it is."""
    from linli.deployment.init import begin

    created = begin(code, folder, language())
    payload = {"folder": str(folder), "made": created}
    Output(as_json).result(payload, lambda console: _begun(console, folder, created))


@app.command(help=t("Say what is wrong with a district."))
@reports_failures
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Fail with everything that is wrong in district.toml, its secrets, and its files."""
    from linli.deployment import secrets
    from linli.deployment.check import checked

    district, _ = checked(folder)
    to_make = secrets.missing(district)
    payload = {"ok": True, "code": district.code, "name": district.name, "secrets_to_make": to_make}
    Output(as_json).result(payload, lambda console: _checked(console, district, to_make))


@app.command(help=t("Write what compose and Kubernetes start a district from."))
@reports_failures
def render(folder: Folder, deploy: Deploy = Path("deploy"), as_json: AsJson = False) -> None:
    """Check, make up the secrets of new subscribers, and write rendered/ anew."""
    from linli.base.errors import UsageFailure
    from linli.deployment import compose, kubernetes, secrets
    from linli.deployment.check import checked
    from linli.deployment.init import ignore_secrets

    if not (deploy / "compose.yaml").is_file():
        hint = t("Name the folder deploy of a checkout with --deploy.")
        raise UsageFailure(t("There is no compose.yaml in {folder}.", folder=str(deploy)), hint)
    district, _ = checked(folder)
    secrets.make_up(district.folder, secrets.names(district))
    district, secret_values = checked(folder)
    ignore_secrets(district.folder, district.key_files)
    rendered = {"compose": str(compose.render(district, secret_values, deploy))}
    overlay = kubernetes.render(district, secret_values, deploy)
    if overlay:
        rendered["kubernetes"] = str(overlay)
    Output(as_json).result(
        {"code": district.code, **rendered}, lambda console: _rendered(console, district, rendered)
    )


def _called(district: District) -> str:
    from rich.markup import escape

    return f"{district.code} {escape(district.name)}"


def _checked(console: Console, district: District, to_make: list[str]) -> None:
    console.print(f"[green]✓[/] {_called(district)}")
    if to_make:
        console.print(t("`linli district render` makes up: {names}", names=", ".join(to_make)))


def _begun(console: Console, folder: Path, created: list[str]) -> None:
    for path in created:
        console.print(f"[green]+[/] {path}")
    console.print(
        t(
            "Fill in {path}, then: linli district check {folder}",
            path=created[0],
            folder=str(folder),
        )
    )


def _rendered(console: Console, district: District, rendered: dict[str, str]) -> None:
    console.print(f"[green]✓[/] {_called(district)}")
    console.print(t("Start it with containers on one machine:"))
    console.print(
        f"  cd {rendered['compose']} && docker compose up --detach --wait",
        style="cyan",
        soft_wrap=True,
    )
    console.print(t("If it runs already, replace its processes one at a time:"))
    console.print(f"  sh {rendered['compose']}/upgrade.sh", style="cyan", soft_wrap=True)
    if "kubernetes" in rendered:
        console.print(t("or in a cluster:"))
        console.print(
            f"  kubectl apply --kustomize {rendered['kubernetes']}", style="cyan", soft_wrap=True
        )
