"""Requests made up from the OpenAPI documents: no answer is an error of ours or breaks its schema.

`LINLI_CONFORMANCE_CASES` says how many a service gets; they are the same ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from linli_contracts.manifest import api_services
from linli_devkit.client import token
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from .worlds import World

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1800)]

CASES = int(os.environ.get("LINLI_CONFORMANCE_CASES", "10000"))
CHECKS = [
    not_a_server_error,
    checks.allow_header_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]
MODES = [GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
OFTEN = st.integers(0, 3).map(bool)


@pytest.mark.parametrize("service", api_services())
def test_every_answer_is_as_the_openapi_document_says(
    world: Callable[[str], World], service: str, subtests: pytest.Subtests
) -> None:
    here = world(service)
    schema = schemathesis.openapi.from_wsgi(f"/api/{service}/openapi.json", here.service.wsgi)
    operations = [result.ok() for result in schema.get_all_operations()]
    each = -(-CASES // len(operations))
    for operation in operations:
        with subtests.test(f"{operation.method.upper()} {operation.path}"):
            try_out(operation, here.known, each)


def try_out(operation: Any, known: dict[str, list[Any]], cases: int) -> None:
    """Send this many requests to an operation, each time the same ones."""
    made_up = {mode: operation.as_strategy(generation_mode=mode) for mode in set(MODES)}
    headers = {"Authorization": f"Bearer {token('admin')}"}
    sent = 0

    @settings(
        max_examples=cases,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def send(data: st.DataObject) -> None:
        nonlocal sent
        case = data.draw(made_up[data.draw(st.sampled_from(MODES))])
        for values in (case.path_parameters, case.query, case.body):
            put_known(data, values, known)
        case.call_and_validate(headers=headers, checks=CHECKS)
        sent += 1

    send()
    assert sent


def put_known(data: st.DataObject, values: Any, known: dict[str, list[Any]]) -> None:
    """Exchange made-up values for those of things that there are, so that they get further."""
    if isinstance(values, list):
        for value in values:
            put_known(data, value, known)
    if not isinstance(values, dict):
        return
    for name, value in values.items():
        if name in known and data.draw(OFTEN):
            values[name] = data.draw(st.sampled_from(known[name]))
        else:
            put_known(data, value, known)
