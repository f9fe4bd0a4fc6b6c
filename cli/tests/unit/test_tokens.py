from __future__ import annotations

import json
import time

import jwt
import pytest
from linli.app import app
from linli_client import BadTokenClaims
from linli_client.tokens import sign
from linli_contracts.identity import ROLES
from typer.testing import CliRunner

SECRET = "a-secret-of-at-least-thirty-two-bytes"
UNIT = "6f2d0a8e-6a0f-4a87-9c67-0d5b3b1f8f11"


def claims(token: str, audience: str = "linli") -> dict[str, object]:
    return dict(jwt.decode(token, SECRET, algorithms=["HS256"], audience=audience))


def test_a_token_says_who_may_do_what_where_and_how_long() -> None:
    token = sign(SECRET, role="provider", region="110101005", unit=UNIT, account="sample", hours=2)
    token_claims = claims(token)
    assert token_claims["sub"] == "sample"
    assert token_claims["roles"] == ["provider"]
    assert token_claims["region"] == "110101005"
    assert token_claims["unit"] == UNIT
    assert abs(int(str(token_claims["exp"])) - time.time() - 7200) < 5


def test_a_token_without_a_unit_has_no_such_claim() -> None:
    assert "unit" not in claims(
        sign(SECRET, role="admin", region="110101", unit=None, account="a", hours=1)
    )


@pytest.mark.parametrize("region", ["", "1101", "11010x", "1101010051", "１１０１０１"])
def test_a_region_that_is_no_code_is_refused(region: str) -> None:
    with pytest.raises(BadTokenClaims):
        sign(SECRET, role="admin", region=region, unit=None, account="a", hours=1)


def test_a_secret_that_services_would_not_take_is_refused() -> None:
    with pytest.raises(BadTokenClaims, match="32 bytes"):
        sign("short", role="admin", region="110101", unit=None, account="a", hours=1)


ENVIRON = {"LINLI_JWT_SECRET": SECRET, "LINLI_DISTRICT": "110101"}


def test_the_command_writes_the_token_alone() -> None:
    result = CliRunner().invoke(app, ["token", "--role", "dispatcher"], env=ENVIRON)
    assert result.exit_code == 0
    assert claims(result.stdout.strip())["region"] == "110101"


def test_a_token_is_meant_for_the_audience_of_the_deployment() -> None:
    environ = {**ENVIRON, "LINLI_JWT_AUDIENCE": "dongcheng"}
    result = CliRunner().invoke(app, ["token", "--role", "dispatcher"], env=environ)
    assert claims(result.stdout.strip(), "dongcheng")["aud"] == "dongcheng"


@pytest.mark.parametrize("role", ROLES)
def test_a_token_can_be_signed_for_every_role_that_there_is(role: str) -> None:
    arguments = ["token", "--role", role, "--unit", UNIT]
    assert CliRunner().invoke(app, arguments, env=ENVIRON).exit_code == 0


def test_the_command_writes_json() -> None:
    result = CliRunner().invoke(
        app, ["token", "--role", "provider", "--unit", UNIT, "--json"], env=ENVIRON
    )
    answer = json.loads(result.stdout)
    assert (answer["unit"], answer["role"]) == (UNIT, "provider")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role", "mayor"], "There is no role 'mayor'."),
        (["--role", "admin", "--region", "1101"], "'1101' is no region code"),
        (["--role", "provider"], "needs its unit"),
        (["--role", "provider", "--unit", "x"], "is no UUID"),
    ],
)
def test_the_command_reports_mistakes_and_fails_with_2(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["token", *arguments], env=ENVIRON)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_failure_is_json_too() -> None:
    result = CliRunner().invoke(
        app, ["token", "--role", "admin", "--json"], env={"LINLI_DISTRICT": "110101"}
    )
    assert result.exit_code == 2
    assert "LINLI_JWT_SECRET" in json.loads(result.stdout)["hint"]
