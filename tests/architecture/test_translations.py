"""Chinese is there wherever English is: in refusals, in responses, on the page of an API."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import linli_contracts
import pytest
from babel.messages import Message
from babel.messages.pofile import read_po
from linli_chassis.http import api_page
from linli_chassis.http.openapi import openapi_of
from linli_contracts.manifest import api_services, find_service
from linli_contracts.translation import PARAMETER
from linli_devkit.catalogues import CONTEXT, read_catalogue
from linli_devkit.templates import templates_of

ROOT = Path(__file__).parents[2]
FOR_OPERATORS = ("settings.py", "config.py", "environment.py")
"""Bad settings are reported at start, to those who deploy: in English."""

CATALOGUES = sorted(
    path
    for part in ("chassis", "services", "cli")
    for path in (ROOT / part).glob("**/LC_MESSAGES/messages.po")
)


def folder(package: str) -> Path:
    return Path(str(importlib.import_module(package).__file__)).parent


def catalogue(package: str) -> dict[str, str]:
    return read_catalogue(folder(package) / "locale" / "zh" / "LC_MESSAGES" / "messages.po", "zh")


def client_templates(package: str) -> dict[str, str]:
    """The templates of a package that clients may come to see, each with its place."""
    return {
        text: place
        for text, place in templates_of(folder(package)).items()
        if not place.startswith(FOR_OPERATORS)
    }


def shown(service: str) -> set[str]:
    """The words that the page of an API shows."""
    document = openapi_of(find_service(service).load_service())
    return {document["info"]["title"], *_words(document)}


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for inner in node:
            yield from _words(inner)
    elif isinstance(node, dict):
        yield from (
            node[key]
            for key in ("summary", "description")
            if isinstance(node.get(key), str) and node[key]
        )
        yield from (tag for tag in node.get("tags", ()) if isinstance(tag, str))
        for inner in node.values():
            yield from _words(inner)


@pytest.mark.parametrize("service", api_services())
def test_everything_that_a_service_says_is_there_in_chinese(service: str) -> None:
    chinese = {**catalogue("linli_chassis"), **catalogue(f"linli_{service}")}
    templates = client_templates(f"linli_{service}")
    assert len(templates) > 5
    assert {text: place for text, place in templates.items() if text not in chinese} == {}


def test_what_the_fields_of_contracts_refuse_is_reported_in_chinese() -> None:
    templates = templates_of(Path(str(linli_contracts.__file__)).parent)
    field_templates = {text for text, place in templates.items() if place.startswith("fields.py")}
    assert field_templates
    assert field_templates - catalogue("linli_chassis").keys() == set()


@pytest.mark.parametrize("service", api_services())
def test_the_page_of_an_api_is_all_chinese(service: str) -> None:
    chinese = {**catalogue("linli_chassis"), **catalogue(f"linli_{service}")}
    assert shown(service) - chinese.keys() == set()


@pytest.mark.parametrize("service", api_services())
def test_the_page_shows_the_chinese_that_there_is(service: str) -> None:
    english = openapi_of(find_service(service).load_service())
    chinese = api_page.translated(english, "zh")
    assert chinese["info"]["description"] != english["info"]["description"]
    for path, operations in english["paths"].items():
        for method, operation in operations.items():
            shown = chinese["paths"][path][method]
            for part in ("summary", "description"):
                assert operation[part] not in shown[part], f"{method} {path}: {part}"


@pytest.mark.parametrize("service", api_services())
def test_a_catalogue_holds_nothing_that_nobody_says(service: str) -> None:
    templates = client_templates(f"linli_{service}")
    places = {name for text in templates for name in PARAMETER.findall(text)}
    for key in catalogue(f"linli_{service}"):
        context, _, code = key.rpartition(CONTEXT)
        assert (context in places) if context else (code in templates or code in shown(service)), (
            key
        )


@pytest.mark.parametrize("service", api_services())
def test_a_service_does_not_say_anew_what_the_chassis_says(service: str) -> None:
    assert catalogue(f"linli_{service}").keys() & catalogue("linli_chassis").keys() == set()


def test_services_say_the_same_thing_with_the_same_words() -> None:
    together: dict[str, str] = {}
    for service in api_services():
        for key, words in catalogue(f"linli_{service}").items():
            assert together.setdefault(key, words) == words, key


def entries(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [entry for entry in read_po(file, "zh", abort_invalid=True) if entry.id]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.relative_to(ROOT).parts[1])
def test_every_entry_of_a_catalogue_is_certain_complete_and_keeps_its_places(path: Path) -> None:
    assert entries(path)
    for entry in entries(path):
        assert entry.string, entry.id
        assert not entry.fuzzy, entry.id
        assert sorted(set(PARAMETER.findall(str(entry.id)))) == sorted(
            set(PARAMETER.findall(str(entry.string)))
        ), entry
