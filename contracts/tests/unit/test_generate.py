"""What is generated stands in the repository as it would be generated now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from linli_contracts.registry import event_types
from linli_contracts.schema import EventType
from linli_devkit.contracts import generate

ROOT = Path(__file__).parents[3]
EVERY_TYPE = pytest.mark.parametrize("entry", event_types(), ids=lambda entry: entry.name)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository in which everything has just been generated."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "pyproject.toml").touch()
    generate.write(tmp_path)
    return tmp_path


def test_the_generated_files_are_up_to_date() -> None:
    assert generate.drifted(ROOT) == []


def test_nothing_published_is_broken() -> None:
    assert [str(broken) for broken in generate.breaks(ROOT)] == []


def test_the_same_comes_out_every_time() -> None:
    assert generate.generated() == generate.generated()


def test_what_was_just_written_has_not_drifted(checkout: Path) -> None:
    assert generate.main(["--root", str(checkout), "--check"]) == 0
    assert generate.write(checkout) == []


def test_each_file_that_drifted_is_named(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "docs/events.md").write_text("# Other\n")
    (checkout / "contracts/asyncapi.yaml").unlink()
    left_over = checkout / "contracts/schemas/linli.grid.gone.v1.json"
    left_over.write_text("{}")
    assert generate.main(["--root", str(checkout), "--check"]) == 1
    named = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert named == [
        "contracts/asyncapi.yaml",
        "contracts/schemas/linli.grid.gone.v1.json",
        "docs/events.md",
    ]
    assert left_over.exists()


def test_writing_puts_right_what_drifted_and_names_it(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "docs/events.md").write_text("# Other\n")
    left_over = checkout / "contracts/schemas/linli.grid.gone.v1.json"
    left_over.write_text("{}")
    assert generate.main(["--root", str(checkout)]) == 0
    assert capsys.readouterr().out.split() == [
        "contracts/schemas/linli.grid.gone.v1.json",
        "docs/events.md",
    ]
    assert not left_over.exists()
    assert generate.drifted(checkout) == []


def test_publishing_keeps_every_schema(checkout: Path) -> None:
    assert generate.main(["--root", str(checkout), "--publish"]) == 0
    assert generate.published_schemas(checkout) == generate.current_schemas()


@pytest.mark.parametrize("option", ["--check", "--publish"])
def test_a_break_is_reported_and_nothing_is_published_over_it(
    checkout: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.publish(checkout)
    path = checkout / "contracts/published/linli.grid.request_linked.v1.json"
    schema = json.loads(path.read_text())
    schema["properties"]["reason"] = {"type": "string"}
    path.write_text(json.dumps(schema))
    assert generate.main(["--root", str(checkout), option]) == 1
    assert "linli.grid.request_linked.v1 reason: the field is gone" in capsys.readouterr().err
    assert "reason" in json.loads(path.read_text())["properties"]


def test_a_folder_that_is_no_checkout_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        generate.main(["--root", str(tmp_path)])
    assert "--root" in capsys.readouterr().err


@EVERY_TYPE
def test_a_schema_is_valid_json_schema_in_both_dialects(entry: EventType) -> None:
    schema = generate.current_schemas()[entry.name]
    Draft202012Validator.check_schema(schema)
    Draft7Validator.check_schema(schema)
    assert schema["$id"] == entry.dataschema
    assert "$ref" not in json.dumps(schema)


def test_a_schema_says_what_may_be_null_and_what_is_required() -> None:
    schema = generate.current_schemas()["linli.grid.request_verified.v1"]
    fields = schema["properties"]
    assert fields["grid_code"]["type"] == ["string", "null"]
    assert fields["place"]["type"] == ["object", "null"]
    assert fields["recorded"]["type"] == ["object", "null"]
    assert fields["recorded"]["properties"]["outcome"]["enum"] == ["closed", "cancelled", "open"]
    assert fields["priority"]["type"] == "string"
    assert set(schema["required"]) == fields.keys() - {"recorded"}
    assert schema["additionalProperties"] is fields["place"]["additionalProperties"] is True


@EVERY_TYPE
def test_the_page_has_a_section_of_every_event_that_the_table_leads_to(entry: EventType) -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert f"\n## {entry.name}\n" in page
    assert f"[`{entry.name}`](#{entry.name.replace('.', '')})" in page


@EVERY_TYPE
def test_every_event_stands_in_the_glossary(entry: EventType) -> None:
    assert f"`{entry.event_name}`" in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
