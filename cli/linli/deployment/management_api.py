"""RabbitMQ's management API, as far as accounts and queues of one virtual host go."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from linli.base.errors import Failure, UsageFailure
from linli.base.i18n import t

DEFAULT_PORT = 15672
_SECONDS = 15.0


class Management:
    """Asks the API of one broker about one virtual host. Every call raises `Failure` when it is
    refused or unanswered.

    Args:
        url: `http(s)://user:password@host:port`, an account with the tag `administrator`.
    """

    def __init__(self, url: str, vhost: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            hint = t("It looks like http://user:password@127.0.0.1:15672.")
            raise UsageFailure(t("The address of the management API cannot be used."), hint)
        self.vhost = vhost
        host = parts.netloc.rpartition("@")[2]
        self._base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}/api"
        self._session = requests.Session()
        # A proxy of the environment knows nothing of what is beside us, and .netrc nothing of this
        # account.
        self._session.trust_env = False
        self._session.auth = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._session.verify = os.environ.get("SSL_CERT_FILE") or True

    def get(self, *path: str) -> Any:
        """What stands there; None where nothing does."""
        answer = self._ask("GET", path)
        return None if answer.status_code == 404 else answer.json()

    def put(self, *path: str, body: Any) -> None:
        self._ask("PUT", path, body)

    def post(self, *path: str, body: Any) -> None:
        self._ask("POST", path, body)

    def delete(self, *path: str) -> bool:
        """Whether there was something to delete."""
        return self._ask("DELETE", path).status_code != 404

    def _ask(self, method: str, path: tuple[str, ...], body: Any = None) -> requests.Response:
        url = "/".join((self._base, *(quote(part, safe="") for part in path)))
        try:
            answer = self._session.request(method, url, json=body, timeout=_SECONDS)
        except requests.RequestException as error:
            hint = t("Give it with --management-url; is the plugin rabbitmq_management enabled?")
            reason = type(error).__name__
            raise Failure(
                t("The broker's management API does not answer: {reason}", reason=reason), hint
            ) from error
        if answer.status_code in (401, 403):
            raise Failure(
                t("The management API does not let this account in."),
                t("It needs an account with the tag administrator."),
            )
        if answer.status_code >= 400 and not (
            answer.status_code == 404 and method in ("GET", "DELETE")
        ):
            raise Failure(t("The management API refused: {reason}", reason=_reason(answer)))
        return answer


def management_of(amqp_uri: str, management_url: str | None) -> Management:
    """The API of the broker behind an AMQP URI: where `management_url` says, or on its port of the
    same host.

    Raises:
        UsageFailure: an address that cannot be used.
    """
    parts = urlsplit(amqp_uri)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        hint = t("It looks like amqp://user:password@host:5672/vhost.")
        raise UsageFailure(t("AMQP_URI is not the address of a broker."), hint)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    account = parts.netloc.rpartition("@")[0] or "guest:guest"
    return Management(
        management_url or f"http://{account}@{host}:{DEFAULT_PORT}", vhost_of(amqp_uri)
    )


def vhost_of(amqp_uri: str) -> str:
    """The virtual host that an AMQP URI names."""
    return unquote(urlsplit(amqp_uri).path[1:]) or "/"


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("reason", answer.status_code))
    except (ValueError, AttributeError):
        return str(answer.status_code)
