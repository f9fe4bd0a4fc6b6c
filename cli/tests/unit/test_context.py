from __future__ import annotations

import stat
from pathlib import Path

import pytest
from linli.base.context import Context, note_platform, read_state, write_state
from linli.base.errors import UsageFailure

STATE = {
    "url": "http://state:1",
    "urls": {"grid": "http://grid:2/"},
    "district": "110101",
    "jwt_secret": "s",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_state(tmp_path / "home", STATE)
    return tmp_path / "home"


def test_the_state_file_is_for_its_owner_only(home: Path) -> None:
    assert stat.S_IMODE((home / "state.json").stat().st_mode) == 0o600
    assert read_state(home) == STATE


def test_the_state_is_what_is_left_when_nothing_else_is_given(home: Path) -> None:
    context = Context.load(environ={"LINLI_HOME": str(home)})
    assert context.url_of("grid") == "http://grid:2"
    assert context.url_of("evaluation") == "http://state:1"
    assert (context.district, context.jwt_secret) == ("110101", "s")


def test_the_environment_comes_before_the_state(home: Path) -> None:
    environ = {"LINLI_HOME": str(home), "LINLI_URL": "http://env:3", "LINLI_DISTRICT": "990101"}
    context = Context.load(environ=environ)
    assert context.url_of("grid") == "http://env:3"
    assert (context.district, context.jwt_secret) == ("990101", "s")


def test_the_address_of_one_service_comes_before_the_common_one(home: Path) -> None:
    environ = {
        "LINLI_HOME": str(home),
        "LINLI_URL": "http://env:3",
        "LINLI_GRID_URL": "http://grid:4",
    }
    context = Context.load(environ=environ)
    assert context.url_of("grid") == "http://grid:4"
    assert context.url_of("organization") == "http://env:3"


def test_options_come_before_everything(home: Path) -> None:
    environ = {
        "LINLI_HOME": str(home),
        "LINLI_GRID_URL": "http://grid:4",
        "DATABASE_URL": "postgresql://env",
    }
    context = Context.load(
        environ=environ, url="http://option:5", database_url="postgresql://option"
    )
    assert context.url_of("grid") == "http://option:5"
    assert context.database_url == "postgresql://option"


def test_the_audience_of_tokens_is_that_of_the_deployment(home: Path) -> None:
    environ = {"LINLI_HOME": str(home)}
    assert Context.load(environ=environ).jwt_audience == "linli"
    note_platform(home, "http://state:1", {"LINLI_JWT_AUDIENCE": "dongcheng"})
    assert Context.load(environ=environ).jwt_audience == "dongcheng"
    environ["LINLI_JWT_AUDIENCE"] = "xicheng"
    assert Context.load(environ=environ).jwt_audience == "xicheng"


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n")
    context = Context.load(
        environ={"LINLI_HOME": str(tmp_path), "LINLI_JWT_SECRET_FILE": str(tmp_path / "secret")}
    )
    assert context.jwt_secret == "from-file"


def test_what_is_missing_says_how_to_give_it(tmp_path: Path) -> None:
    context = Context.load(environ={"LINLI_HOME": str(tmp_path)})
    with pytest.raises(UsageFailure) as failure:
        context.need("database_url")
    assert "DATABASE_URL" in failure.value.hint
    with pytest.raises(UsageFailure) as failure:
        context.url_of("grid")
    assert "LINLI_URL" in failure.value.hint


def test_secrets_do_not_show_in_repr(home: Path) -> None:
    environ = {
        "LINLI_HOME": str(home),
        "LINLI_JWT_SECRET": "hush-hush",
        "DATABASE_URL": "postgresql://u:hush@h/d",
    }
    assert "hush" not in repr(Context.load(environ=environ))


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_state_file_is_reported_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageFailure, match=r"state\.json"):
        Context.load(environ={"LINLI_HOME": str(tmp_path)})
