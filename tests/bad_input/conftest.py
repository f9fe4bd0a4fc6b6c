"""Where bad input is sent: the embedded platform and the eight processes, over real sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from linli_devkit.running_platform import RunningPlatform

CHINESE = re.compile("[\u4e00-\u9fff]")
PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "correlation_id"}


@pytest.fixture(scope="session", params=["embedded", "dongcheng"])
def platform(request: pytest.FixtureRequest) -> RunningPlatform:
    """The sample district, embedded and as eight processes."""
    running: RunningPlatform = request.getfixturevalue(request.param)
    running.idle()
    return running


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def unchanged(platform: RunningPlatform) -> Iterator[None]:
    """No row of any table comes or goes during the test."""
    before = platform.table_sizes()
    yield
    assert platform.table_sizes() == before


@pytest.fixture(scope="session")
def assert_problem() -> Any:
    """Checks that an answer is a problem that a person understands; gives its document."""

    def check(
        answer: requests.Response, status: int, slug: str, language: str, *pointers: str
    ) -> Any:
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Content-Language"] == language
        assert "Traceback" not in answer.text
        problem = answer.json()
        assert problem.keys() >= PROBLEM_KEYS
        assert (problem["status"], problem["type"]) == (status, f"urn:linli:problem:{slug}")
        errors = problem.get("errors", [])
        assert [error.get("pointer", error.get("parameter")) for error in errors] == list(pointers)
        for text in (problem["title"], problem["detail"], *(error["detail"] for error in errors)):
            assert bool(CHINESE.search(text)) == (language == "zh"), text
        return problem

    return check
