"""The page of an API: complete without a network, translated, and nothing runs in it but files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from linli_chassis.http.api_page import document_response, file_response, page_response
from linli_chassis.http.problems import Problem

BASE = "/api/grid/docs"


def document(**operation: Any) -> dict[str, Any]:
    about = {
        "operationId": "show",
        "summary": "Not found",
        "tags": ["Gone"],
        "x-roles": ["grid_worker"],
        "responses": {"200": {"description": "Done."}},
    }
    return {
        "info": {"title": "Linli <b>", "version": "1"},
        "paths": {"/x": {"get": {**about, **operation}}},
    }


def shown(locale: str, **operation: Any) -> dict[str, Any]:
    response = document_response(document(**operation), locale)
    assert response.headers["Content-Language"] == locale
    return json.loads(response.get_data())["paths"]["/x"]["get"]  # type: ignore[no-any-return]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    html = page_response(document(), BASE, "en").get_data(as_text=True)
    files = re.findall(rf'(?:src|href)="{BASE}/([^"]+)"', html)
    assert len(files) == html.count("src=") + html.count("href=") == 4
    for name in files:
        response = file_response(name)
        assert response.get_data()
        assert response.headers["Cache-Control"] == "public, max-age=3600"
    script = file_response("api_page.js").get_data(as_text=True)
    assert 'validatorUrl: "none"' in script  # by default Swagger UI asks a server elsewhere
    assert not re.search(r"https?://", html + script)


def test_no_script_stands_in_the_page_and_the_policy_allows_none() -> None:
    response = page_response(document(), BASE, "en")
    assert not re.search(r"<script(?![^>]*\ssrc=)", response.get_data(as_text=True))
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("name", ["index.html", "..", "../__init__.py", "api_page.html"])
def test_other_files_are_not_served(name: str) -> None:
    with pytest.raises(Problem) as caught:
        file_response(name)
    assert caught.value.status == 404


def test_what_looks_like_html_is_text() -> None:
    html = page_response(document(), BASE, "en").get_data(as_text=True)
    assert "<title>Linli &lt;b&gt;</title>" in html


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("zh", "zh-CN")])
def test_the_page_is_marked_with_its_language(locale: str, language: str) -> None:
    response = page_response(document(), BASE, locale)
    assert f'<html lang="{language}">' in response.get_data(as_text=True)
    assert response.headers["Vary"] == "Accept-Language"


def test_prose_is_translated_and_the_document_itself_is_not_changed() -> None:
    original = document()
    before = json.dumps(original)
    document_response(original, "zh")
    assert json.dumps(original) == before
    operation = shown("zh")
    assert (operation["summary"], operation["tags"]) == ("未找到", ["已不存在"])
    assert operation["responses"]["200"]["description"] == "已完成。"
    assert shown("en")["summary"] == "Not found"


@pytest.mark.parametrize(
    ("locale", "roles"), [("en", "Roles: `grid_worker`"), ("zh", "角色: 网格员 `grid_worker`")]
)
def test_a_role_is_shown_with_its_word_where_the_language_has_one(locale: str, roles: str) -> None:
    assert shown(locale)["description"] == roles
    assert shown(locale, description="Compared.")["description"] == f"Compared.\n\n{roles}"


def test_a_public_route_is_open_to_everybody() -> None:
    assert shown("en", **{"x-roles": ["public"]})["description"] == "Open to everybody"
