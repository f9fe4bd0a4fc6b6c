"""The embedded platform: nothing to install, one PostgreSQL from a wheel, one process, one port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linli.local.supervisor import (
    Child,
    Supervisor,
    common_environ,
    interrupt_on_sigterm,
    migrate_all,
)


class EmbeddedPlatform:
    """Starts the embedded platform; see `Supervisor` for what can be asked of it."""

    @staticmethod
    @contextmanager
    def start(home: Path, port: int) -> Iterator[Supervisor]:
        """Run the platform on 127.0.0.1:`port` with its data in `home` until leaving.

        Raises:
            Failure: it did not become ready; with the end of its log.
            ModuleNotFoundError: the extra `linli[embedded]` is not installed.
        """
        from linli.local.postgres import local_postgres

        interrupt_on_sigterm()
        home.mkdir(parents=True, exist_ok=True)
        with local_postgres(home.resolve() / "postgres", keep=True) as database_url:
            migrate_all(database_url)
            # Without a broker, whatever the shell has.
            bind = {"LINLI_HTTP_BIND": f"127.0.0.1:{port}", "AMQP_URI": ""}
            environ = common_environ(home, database_url) | bind
            host = Child(
                "platform", ["linli.local.embedded"], environ, home / "log" / "platform.log"
            )
            with Supervisor([host], f"http://127.0.0.1:{port}", environ).running() as supervisor:
                supervisor.await_ready(supervisor.url, host)
                yield supervisor


if __name__ == "__main__":
    from linli.local.processes import run_embedded

    run_embedded()
