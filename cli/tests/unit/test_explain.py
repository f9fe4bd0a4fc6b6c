"""Errors of the client and of services in words, with the exit codes they had as failures."""

from __future__ import annotations

import subprocess
import sys

import pytest
from linli.base.errors import UsageFailure
from linli.base.explain import as_failure
from linli_client.errors import (
    BadRegionCode,
    SecretTooShort,
    ServiceProblem,
    ServiceUnavailable,
    UnknownRole,
)
from linli_webhooks.errors import EndpointUrlRefused, UnknownEndpoint


def test_a_problem_is_shown_with_its_pointers_and_as_json_with_the_document() -> None:
    problem = {"detail": "Not as it should be.", "errors": [{"pointer": "/name", "detail": "no"}]}
    failure = as_failure(ServiceProblem("grid", 422, problem))
    assert failure.message == "grid answered 422: Not as it should be."
    assert failure.hint == "/name: no"
    assert failure.code == 1
    assert (failure.as_json()["status"], failure.as_json()["problem"]) == (422, problem)


def test_a_problem_is_shown_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_LANGUAGE", "zh")
    failure = as_failure(ServiceProblem("grid", 409, {"title": "网格已存在"}))
    assert "网格已存在" in failure.message
    assert "answered" not in failure.message


def test_a_refused_token_says_which_secret_to_look_at() -> None:
    assert "LINLI_JWT_SECRET" in as_failure(ServiceProblem("grid", 401, {}, "Unauthorized")).hint


def test_a_service_that_is_away_says_how_to_start_it() -> None:
    error = ServiceUnavailable(service="grid", address="http://x", reason="HTTP 503", seconds=3)
    failure = as_failure(error)
    assert failure.message == "grid at http://x does not answer (HTTP 503); waited 3 s."
    assert "linli up" in failure.hint


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (UnknownRole(role="'mayor'"), "grid_worker"),
        (BadRegionCode(region="'1'"), "6 (district)"),
        (SecretTooShort(count=32), "LINLI_JWT_SECRET"),
    ],
)
def test_claims_that_cannot_be_signed_are_errors_of_usage(error: Exception, hint: str) -> None:
    failure = as_failure(error)
    assert isinstance(failure, UsageFailure)
    assert hint in failure.hint


def test_a_rule_of_a_service_is_an_error_of_usage_and_what_is_not_there_a_failure() -> None:
    assert as_failure(EndpointUrlRefused(reason="has no host")).code == 2
    assert as_failure(UnknownEndpoint(endpoint_id="x")).code == 1


def test_the_base_imports_no_other_part_of_the_command() -> None:
    code = (
        "import importlib, pkgutil, sys, linli.base as base\n"
        "for module in pkgutil.iter_modules(base.__path__, 'linli.base.'):\n"
        "    importlib.import_module(module.name)\n"
        "others = {n for n in sys.modules if n.startswith('linli.')} - {'linli.base'}\n"
        "assert all(n.startswith('linli.base.') for n in others), others\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
