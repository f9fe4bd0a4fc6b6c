"""The HTTP client of the services, as the context says where they are and what opens them."""

from __future__ import annotations

from functools import cache

from linli_client.http import Client, OnRetry
from linli_client.tokens import TokenSigner

from linli.base.context import Context
from linli.base.i18n import language


def client_of(
    context: Context, *, patience_seconds: float = 0.0, on_retry: OnRetry | None = None
) -> Client:
    """A client that signs its tokens with the secret of the district.

    Calls raise `UsageFailure` while address, district or secret are not known.
    """

    @cache
    def signer() -> TokenSigner:
        district = context.need("district")
        return TokenSigner(context.need("jwt_secret"), district, context.jwt_audience)

    return Client(
        context.url_of,
        lambda caller: signer()(caller),
        language=language(),
        patience_seconds=patience_seconds,
        on_retry=on_retry,
    )
