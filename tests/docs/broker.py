"""A virtual host of a real RabbitMQ, in which the pages' `rabbitmqctl` lines are carried out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from linli_devkit.rabbitmq import RabbitServer

PASSWORD = "only for tests"
VHOST_OF_THE_PAGES = "linli"


@dataclass
class Broker:
    """One virtual host, under whatever name, for the `linli` of the pages."""

    server: RabbitServer
    admin_uri: str
    accounts: list[str] = field(default_factory=list)

    @property
    def vhost(self) -> str:
        return self.admin_uri.rpartition("/")[2]

    def uri(self, account: str) -> str:
        """The AMQP URI of an account that was added."""
        password = PASSWORD.replace(" ", "%20")
        return f"amqp://{account}:{password}@127.0.0.1:{self.server.port}/{self.vhost}"

    def carry_out(self, program: str) -> str:
        """Run lines of `rabbitmqctl` over the management API; returns the other lines."""
        rest = []
        for line in program.splitlines():
            if line.startswith("rabbitmqctl "):
                self._control(shlex.split(line)[1:])
            else:
                rest.append(line)
        return "\n".join(rest)

    def _control(self, words: list[str]) -> None:
        match words:
            case ["add_vhost", name]:
                assert name == VHOST_OF_THE_PAGES
            case ["add_user", account, _password]:
                self.server.api("PUT", f"/users/{account}", {"password": PASSWORD, "tags": ""})
                self.accounts.append(account)
            case ["set_permissions", "-p", vhost, account, configure, write, read]:
                assert vhost == VHOST_OF_THE_PAGES
                rights = {"configure": configure, "write": write, "read": read}
                self.server.api("PUT", f"/permissions/{self.vhost}/{account}", rights)
            case _:
                raise AssertionError(f"the tests do not know rabbitmqctl {' '.join(words)}")


@contextmanager
def broker(server: RabbitServer) -> Iterator[Broker]:
    """A broker whose accounts and virtual host are gone afterwards."""
    new_broker = Broker(server, server.vhost())
    try:
        yield new_broker
    finally:
        for account in new_broker.accounts:
            with suppress(OSError):
                server.api("DELETE", f"/users/{account}")
        server.drop_vhost(new_broker.admin_uri)
