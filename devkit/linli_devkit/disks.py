"""A small disk for a test, and filling it up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = bytes(1024 * 1024)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """Mount a small disk on `folder`; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave no space on the disk of `folder`."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                size = len(_BLOCK)
                while size and not _fits(file.fileno(), size):
                    size //= 2
                if not size:
                    break
        finally:
            os.fsync(file.fileno())
    try:
        yield
    finally:
        filler.unlink()


def _fits(descriptor: int, size: int) -> bool:
    try:
        return os.write(descriptor, _BLOCK[:size]) > 0
    except OSError:
        return False
