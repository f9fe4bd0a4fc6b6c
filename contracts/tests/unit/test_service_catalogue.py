"""The service catalogue: the default one, a district's own, and what is wrong with a bad one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from linli_contracts.fields import CODE, SERVICE_CODE
from linli_contracts.service_catalogue import (
    BadServiceCatalogue,
    catalogue_file,
    load_service_items,
)

HEAD = "domains:\n  housing: {zh: 住房, en: Housing}\nservices:\n"
GOOD = (
    "  housing.repair: "
    "{zh: 房屋维修, en: Repair, answer_hours: 4, finish_hours: 24, priority_for: [older]}\n"
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "services.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_catalogue_has_every_basic_service_in_both_languages() -> None:
    services = load_service_items()
    domains = Counter(entry.domain for entry in services.values())
    assert domains.keys() >= {
        "education",
        "healthcare",
        "elder_care",
        "employment",
        "housing",
        "environment",
    }
    for code, entry in services.items():
        assert SERVICE_CODE(code) == entry.code
        assert entry.name_en.isascii()
        assert not entry.name_zh.isascii()
        assert 0 < entry.answer_hours <= entry.finish_hours
        assert set(entry.priority_for) <= {"older", "disabled", "child"}


def test_no_two_services_of_the_default_catalogue_are_called_the_same() -> None:
    services = load_service_items().values()
    assert (
        len({entry.name_zh for entry in services})
        == len({entry.name_en for entry in services})
        == len(services)
    )


def test_a_district_may_bring_its_own_catalogue(tmp_path: Path) -> None:
    services = load_service_items(written(tmp_path, HEAD + GOOD))
    assert list(services) == ["housing.repair"]
    entry = services["housing.repair"]
    assert (entry.domain, entry.answer_hours, entry.finish_hours, entry.priority_for) == (
        "housing",
        4,
        24,
        ("older",),
    )


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh", "房屋维修"), ("en", "Housing repair"), ("en-GB", "Housing repair")],
)
def test_a_service_has_a_name_in_each_language(language: str, name: str) -> None:
    assert load_service_items()["housing.repair"].name(language) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "compare with the default"),
        ("[]", "compare with the default"),
        ("other: {}", "domains"),
        ("domains: {}", "services"),
        ("domains: {\n", "compare with the default"),
        (HEAD.removesuffix("services:\n") + "services: []", "compare with the default"),
        (HEAD + GOOD.replace("housing.repair", "heating.repair"), "its domain is not listed"),
        (HEAD + GOOD.replace("housing.repair", "housing.Repair"), "not a service code"),
        (HEAD + GOOD.replace("housing.repair", "12"), "not a service code"),
        (HEAD + GOOD.replace("answer_hours: 4", "answer_hours: soon"), "above 0"),
        (HEAD + GOOD.replace("answer_hours: 4", "answer_hours: 0"), "above 0"),
        (HEAD + GOOD.replace("answer_hours: 4", "answer_hours: true"), "above 0"),
        (HEAD + GOOD.replace("answer_hours: 4", "answer_hours: .nan"), "above 0"),
        (HEAD + GOOD.replace("finish_hours: 24", "finish_hours: .inf"), "above 0"),
        (HEAD + GOOD.replace("answer_hours: 4, ", ""), "answer_hours"),
        (HEAD + GOOD.replace("zh: 房屋维修, ", ""), "zh"),
        (HEAD + GOOD.replace("[older]", "older"), "must be a list"),
        (HEAD + "  housing.repair: soon\n", "compare with the default"),
        (HEAD + GOOD + GOOD, "housing.repair.*twice"),
        ("domains: {other: {}}\nservices: {}", "no services"),
    ],
)
def test_a_bad_catalogue_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadServiceCatalogue, match=f"(?i){reason}"):
        load_service_items(written(tmp_path, text))


def test_a_catalogue_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    path.write_bytes((HEAD + GOOD).encode("gbk"))
    with pytest.raises(BadServiceCatalogue):
        load_service_items(path)


def test_a_catalogue_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_service_items(tmp_path / "none.yaml")


def test_a_setting_takes_the_path_of_a_catalogue_that_can_be_used(tmp_path: Path) -> None:
    good = str(written(tmp_path, HEAD + GOOD))
    assert catalogue_file(good) == good
    with pytest.raises(BadServiceCatalogue, match=r"none\.yaml"):
        catalogue_file(str(tmp_path / "none.yaml"))


def test_the_codes_of_groups_are_codes() -> None:
    for entry in load_service_items().values():
        for group in entry.priority_for:
            assert CODE(group)
