"""The page of an API: prose as prose, codes as code, and nothing taken for HTML."""

from __future__ import annotations

from typing import Any

import pytest
from linli_chassis.http.docs import docs_page


def page(locale: str = "en", **operation: Any) -> str:
    about = {
        "operationId": "show",
        "summary": "Show",
        "tags": ["things"],
        "x-roles": ["grid_worker"],
        "responses": {},
    }
    document = {
        "info": {"title": "Linli <b>", "version": "1"},
        "paths": {"/x": {"get": {**about, **operation}}},
    }
    return docs_page(document, locale)


def test_prose_is_a_paragraph_with_what_stands_between_backticks_as_code() -> None:
    assert "<p>Compared with <code>/a?b&amp;c</code>.</p>" in page(
        description="Compared with `/a?b&c`."
    )


def test_what_looks_like_html_is_text() -> None:
    shown = page(summary="<script>", description="`<i>`")
    assert "&lt;script&gt;" in shown
    assert "<code>&lt;i&gt;</code>" in shown
    assert "<script>" not in shown
    assert "Linli &lt;b&gt;" in shown


@pytest.mark.parametrize(
    ("locale", "role"),
    [("en", "<code>grid_worker</code>"), ("zh", "网格员 <code>grid_worker</code>")],
)
def test_a_role_is_shown_with_its_word_where_the_language_has_one(locale: str, role: str) -> None:
    assert f'<span class="role">{role}</span>' in page(locale)


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string", "enum": ["a", None]}, "enum: a, null"),
        ({"type": "boolean", "default": False}, "default: false"),
        ({"type": "array", "items": {"type": "string"}, "default": []}, "default: []"),
        ({"type": "string", "pattern": r"^\d$"}, r"pattern: ^\d$"),
    ],
)
def test_the_limits_of_a_parameter_are_written_as_a_client_writes_them(
    schema: dict[str, Any], shown: str
) -> None:
    assert f"<code>{shown}</code>" in page(
        parameters=[{"in": "query", "name": "q", "schema": schema}]
    )
