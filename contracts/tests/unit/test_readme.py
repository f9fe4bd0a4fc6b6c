"""The Python in the README runs, in order, as one program."""

from __future__ import annotations

import re
from pathlib import Path

from linli_contracts.registry import find

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_code_of_the_readme_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # noqa: S102  # the README is ours


def test_the_events_named_in_the_readme_are_in_the_registry() -> None:
    for name in set(re.findall(r"linli\.[a-z_]+\.[a-z_]+\.v1", README)):
        assert find(name).name == name
