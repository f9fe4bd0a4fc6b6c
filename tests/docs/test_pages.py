"""What the pages say exists: links, commands, settings, metrics, files and tests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import click
import pytest
import typer
from linli.app import app
from linli.deployment.configuration import main
from linli.deployment.configuration import page as configuration
from linli_contracts.manifest import api_services
from linli_contracts.registry import REGISTRY, produced_by

from .pages import ROOT, Page, page, pages

PAGES = pages()
OURS = [each for each in PAGES if each.path.split("/")[0] in ("README.md", "README.zh.md", "docs")]
EVERY = pytest.mark.parametrize("shown", PAGES, ids=[each.path for each in PAGES])
MACHINE = re.compile(r"(?<![\w.}$])/(home|root|tmp|work|Users|var/folders)/")
FOLDERS = [
    ROOT,
    *ROOT.glob("*/linli*"),
    *ROOT.glob("services/*/linli_*"),
    ROOT / "examples/04_service",
]
"""Where a path that a page names may begin: at the root, or in one of the packages."""
NOT_CONFIGURATION = {"LINLI_TEST_DATABASE_URL", "LINLI_TALLY_IMPORTS"}
"""Settings of the tests, and of the example in docs/adding-a-service.md."""


@EVERY
def test_every_link_leads_somewhere(shown: Page) -> None:
    for link in shown.links:
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        linked = (shown.file.parent / target).resolve() if target else shown.file
        assert linked.exists(), f"{shown.path} links to {link}"
        if anchor:
            assert anchor in page(linked.relative_to(ROOT).as_posix()).anchors, (
                f"{shown.path} links to {link}"
            )


@EVERY
def test_no_page_names_a_folder_of_somebodys_machine(shown: Page) -> None:
    assert not MACHINE.search(shown.text)


@EVERY
def test_every_command_exists_with_its_options(shown: Page) -> None:
    for line in shown.commands():
        for words in calls(line):
            check(words)


def calls(line: str) -> Iterator[list[str]]:
    """The calls of `linli`, `make` and `python -m` in a line of shell."""
    for part in re.split(r"\|\||&&|[|;&()]|(?<=\$)\(", line.partition(" #")[0]):
        words = part.replace("`", " ").split()
        while words and (
            re.fullmatch(r"[A-Za-z_]\w*=.*", words[0])
            or words[0] in ("do", "until", "while", "if", "!")
        ):
            words = words[1:]
        if words and words[0].split("/")[-1] in ("linli", "make", "python", "python3"):
            yield shlex.split(" ".join(words), comments=True) if part.count("'") % 2 == 0 else words


def check(words: list[str]) -> None:
    program = words[0].split("/")[-1]
    if program == "linli":
        parse(words[1:])
    elif program == "make":
        for target in (word for word in words[1:] if "=" not in word):
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8"), words
    elif words[1:2] == ["-m"]:
        assert find_spec(words[2]), words


def parse(words: list[str]) -> None:
    """Read a call of the command as the command itself would, without running it."""
    command: click.Command = typer.main.get_command(app)
    context = click.Context(command, info_name="linli")
    while isinstance(command, click.Group):
        assert words, "linli is named without a command"
        subcommand = command.get_command(context, words[0])
        assert subcommand is not None, f"linli has no {words[0]}"
        command, words = subcommand, words[1:]
    command.make_context(
        command.name, [word for word in words if not word.startswith(("<", ">"))], parent=context
    )


def test_every_setting_that_is_named_exists() -> None:
    known = set(re.findall(r"[A-Z]+_[A-Z0-9_]+", configuration())) | NOT_CONFIGURATION
    for shown in OURS:
        for name in re.findall(r"\bLINLI_[A-Z][A-Z0-9_]*[A-Z0-9]\b", shown.text):
            assert name in known or name.removesuffix("_FILE") in known, (
                f"{shown.path} names {name}"
            )


def test_the_page_of_settings_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_the_page_for_operators_lists_the_metrics_there_are() -> None:
    source = (ROOT / "chassis/linli_chassis/observability/metrics.py").read_text(encoding="utf-8")
    defined = {
        f"linli_{name}" for name in re.findall(r'_(?:counter|gauge|histogram)\(\s*"(\w+)"', source)
    }
    others = [
        ROOT / "chassis/linli_chassis/observability/gauges.py",
        *ROOT.glob("services/*/linli_*/metrics.py"),
    ]
    defined |= set(
        re.findall(
            r'"(linli_\w+)"', source + "".join(path.read_text(encoding="utf-8") for path in others)
        )
    )
    rows = re.findall(r"^\| `linli_.*?\|", page("docs/operating.md").text, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"linli_\w+", row)} == defined


@pytest.mark.parametrize("path", ["README.md", "README.zh.md"])
@pytest.mark.parametrize("service", api_services())
def test_the_readme_lists_the_events_of_each_service(path: str, service: str) -> None:
    [row] = re.findall(rf"^\| \[{service}\].*$", page(path).text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == {entry.event_name for entry in produced_by(service)}


def test_every_event_type_that_is_named_exists() -> None:
    for shown in OURS:
        for name in re.findall(r"linli\.\w+\.\w+\.v\d+", shown.text):
            of_the_example = name.startswith("linli.tally.")
            assert name in REGISTRY or of_the_example, f"{shown.path} names {name}"


def test_every_file_and_test_that_is_named_exists() -> None:
    for shown in OURS:
        for span in shown.code_spans:
            if re.fullmatch(r"[\w.-]+(/[\w.-]+)+\.(py|md|yaml|csv|sh|toml)", span):
                assert any((folder / span).exists() for folder in FOLDERS), (
                    f"{shown.path} names {span}"
                )
            elif re.fullmatch(r"test_\w+", span):
                assert span in every_test(), f"{shown.path} names {span}"


@cache
def every_test() -> set[str]:
    """The names of all test functions of the workspace."""
    files = (path for path in ROOT.rglob("test_*.py") if ".venv" not in path.parts)
    return {
        name
        for path in files
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }


def test_the_chinese_readme_says_what_the_english_one_says() -> None:
    english, chinese = page("README.md"), page("README.zh.md")
    assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
    assert without_comments(chinese) == without_comments(english)
    assert sorted(set(chinese.links) - {"README.md"}) == sorted(
        set(english.links) - {"README.zh.md"}
    )


def without_comments(shown: Page) -> list[str]:
    return [line for line in shown.commands() if not line.startswith("#")]


def test_the_mapping_that_is_shown_is_an_excerpt_of_the_sample() -> None:
    sample = (
        (ROOT / "demo/linli_demo/sample/mappings/la311.yaml")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    for path in ("README.md", "README.zh.md"):
        [block] = [each for each in page(path).blocks if each.language == "yaml"]
        assert [line for line in block.text.splitlines() if line not in sample] == []
