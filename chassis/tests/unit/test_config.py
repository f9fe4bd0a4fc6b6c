"""Settings: all errors at once, secrets never shown, files for secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from linli_chassis.settings import BadSettings, Settings, setting

SECRET = "s" * 32
KEYS = "k:" + "QUFB" * 10 + "QUE="
GOOD = {
    "LINLI_DISTRICT": "110101",
    "DATABASE_URL": "postgresql://user:hunter2@localhost/linli",
    "LINLI_JWT_SECRET": SECRET,
    "LINLI_KEYS": KEYS,
}


@dataclass(frozen=True, kw_only=True)
class OwnSettings(Settings):
    radius_m: float = setting("LINLI_RADIUS_M", "float", default=50.0, help="Metres.")
    api_key: str = setting("LINLI_API_KEY", "str", default="", secret=True, help="A key.")


def problems(**environ: str) -> dict[str, str]:
    with pytest.raises(BadSettings) as caught:
        Settings.load({**GOOD, **environ})
    return {problem.name: problem.wrong for problem in caught.value.problems}


def test_what_is_not_given_has_its_default() -> None:
    settings = Settings.load(GOOD)
    assert settings.amqp_uri is None
    assert settings.time_zone == ZoneInfo("Asia/Shanghai")
    assert settings.max_body_bytes == 1024 * 1024
    assert settings.language == "zh"


def test_a_service_adds_its_own_settings() -> None:
    assert OwnSettings.load({**GOOD, "LINLI_RADIUS_M": "80"}).radius_m == 80.0


def test_what_is_published_again_must_find_its_id_in_every_inbox() -> None:
    wrong = problems(LINLI_OUTBOX_KEEP_DAYS="35", LINLI_INBOX_KEEP_DAYS="35")
    assert wrong == {
        "LINLI_OUTBOX_KEEP_DAYS": "must be less than LINLI_INBOX_KEEP_DAYS, which is 35"
    }


def test_all_errors_are_reported_at_once_with_what_to_write_instead() -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.load({"LINLI_DATABASE_POOL": "many", "LINLI_TIME_ZONE": "Mars/Base"})
    wrong = {problem.name for problem in caught.value.problems}
    assert wrong == {
        "LINLI_DISTRICT",
        "DATABASE_URL",
        "LINLI_KEYS",
        "LINLI_DATABASE_POOL",
        "LINLI_TIME_ZONE",
    }
    assert "six digits of GB/T 2260" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINLI_DISTRICT", "11010"),
        ("LINLI_DISTRICT", "１１０１０１"),
        ("DATABASE_URL", "mysql://localhost/linli"),
        ("DATABASE_URL", "nonsense"),
        ("AMQP_URI", "http://localhost"),
        ("LINLI_HTTP_BIND", "8000"),
        ("LINLI_JWT_SECRET", "short"),
        ("LINLI_JWKS", "{}"),
        ("LINLI_LANGUAGE", "fr"),
        ("LINLI_LOG_LEVEL", "LOUD"),
        ("LINLI_INBOX_BATCH", "0"),
        ("LINLI_MAX_BODY_BYTES", "12"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    assert set(problems(**{name: value})) == {name}


def test_a_blank_variable_counts_as_not_given() -> None:
    assert Settings.load({**GOOD, "AMQP_URI": " ", "LINLI_DATABASE_POOL": ""}).database_pool == 10


def test_a_secret_may_be_given_by_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("f" * 40 + "\n")
    assert Settings.load({**GOOD, "LINLI_JWT_SECRET_FILE": str(path)}).jwt_secret == "f" * 40


def test_a_file_that_is_not_there_is_an_error_of_its_setting(tmp_path: Path) -> None:
    wrong = problems(LINLI_JWT_SECRET_FILE=str(tmp_path / "none"))
    assert "cannot be read" in wrong["LINLI_JWT_SECRET"]


def test_without_a_way_to_check_tokens_no_service_starts() -> None:
    assert "LINLI_JWKS_FILE" in problems(LINLI_JWT_SECRET="")["LINLI_JWT_SECRET"]


def test_keys_of_a_jwks_file_are_enough_to_check_tokens(tmp_path: Path) -> None:
    key: dict[str, Any] = json.loads(
        ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
    )
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{**key, "kid": "one"}]}))
    settings = Settings.load({**GOOD, "LINLI_JWT_SECRET": "", "LINLI_JWKS_FILE": str(path)})
    assert settings.jwks is not None
    assert settings.jwks.keys[0].key_id == "one"


def test_a_jwks_with_a_shared_secret_in_it_is_refused() -> None:
    keys = {"keys": [{"kty": "oct", "kid": "x", "k": "AAAA"}]}
    assert "RSA and EC" in problems(LINLI_JWKS=json.dumps(keys))["LINLI_JWKS"]


def test_secrets_are_in_no_repr_and_no_error() -> None:
    shown = repr(
        OwnSettings.load({**GOOD, "AMQP_URI": "amqp://u:hunter3@h/v", "LINLI_API_KEY": "hunter4"})
    )
    assert not [secret for secret in ("hunter", SECRET, "QUFB") if secret in shown]
    with pytest.raises(BadSettings) as caught:
        Settings.load(
            {
                **GOOD,
                "DATABASE_URL": "hunter2",
                "LINLI_KEYS": "k:hunter2",
                "LINLI_JWT_SECRET": "hunter2",
            }
        )
    assert "hunter2" not in str(caught.value)
