"""How endpoints and deliveries of webhooks are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from linli.base.console import print_handed_over
from linli.base.i18n import t
from linli.base.tables import count_column, id_column, print_table

if TYPE_CHECKING:
    from linli_webhooks.deliveries import Delivery
    from linli_webhooks.endpoints import Endpoint


def render_added(console: Console, added: Mapping[str, Any]) -> None:
    """A new endpoint, with its secret."""
    values = {
        t("Endpoint"): added["endpoint_id"],
        t("Address"): added["url"],
        t("Types"): ", ".join(added["types"]),
        t("Secret"): added["secret"],
    }
    text = t("Hand the secret over, and keep it nowhere: it is shown this once.")
    print_handed_over(console, text, values)


def render_endpoints(console: Console, endpoints: Sequence[Endpoint], unreadable: int) -> None:
    """A table of endpoints, and how many events could not be read."""
    columns = (
        id_column(t("Endpoint")),
        t("Address"),
        t("Types"),
        count_column(t("Waiting")),
        count_column(t("Given up")),
        count_column(t("Delivered")),
        t("State"),
    )
    rows = [_endpoint_row(one) for one in endpoints]
    if rows:
        print_table(console, columns, rows, title=t("Endpoints"))
    else:
        console.print(t("No endpoints."))
    if unreadable:
        console.print(
            t(
                "{count} events could not be read; see the table webhooks.unreadable.",
                count=unreadable,
            )
        )


def _endpoint_row(endpoint: Endpoint) -> tuple[str, ...]:
    counts = (endpoint.pending, endpoint.failed, endpoint.delivered)
    return (
        str(endpoint.endpoint_id),
        endpoint.url,
        "\n".join(endpoint.types),
        *map(str, counts),
        _state(endpoint),
    )


def _state(endpoint: Endpoint) -> str:
    if endpoint.disabled_at is None:
        return t("enabled")
    return t("disabled: {reason}", reason=endpoint.disabled_reason)


def render_deliveries(console: Console, deliveries: Sequence[Delivery]) -> None:
    """A table of deliveries."""
    if not deliveries:
        console.print(t("No deliveries."))
        return
    columns = (
        id_column(t("Event id")),
        t("Type"),
        t("State"),
        count_column(t("Attempts")),
        t("Next attempt"),
        t("Error"),
    )
    rows = [
        (
            str(one.event_id),
            one.type,
            one.state,
            str(one.attempts),
            _next_attempt(one),
            _error(one),
        )
        for one in deliveries
    ]
    print_table(console, columns, rows, title=t("Deliveries"))


def _next_attempt(delivery: Delivery) -> str:
    at = delivery.next_attempt_at.astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}" if delivery.state == "pending" else ""


def _error(delivery: Delivery) -> str:
    status = "" if delivery.state == "delivered" else str(delivery.last_status or "")
    return delivery.last_error or status
