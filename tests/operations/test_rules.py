"""Alert rules, dashboard and runbook name what the processes really export, and each other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from linli_devkit.running_platform import RunningPlatform
from linli_webhooks.metrics import REGISTRY

from .conftest import Story, Watched
from .scrape import Scrape, scrape

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy/observability"
RUNBOOK = ROOT / "docs/operating.md"
DASHBOARD = json.loads((HERE / "grafana/dashboards/linli.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((HERE / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
OF_PROMETHEUS = {"up", "linli_process_expected"}
"""What Prometheus records itself."""
WEBHOOKS = Scrape(
    "", tuple(family for family in REGISTRY.collect() if family.name.startswith("linli_webhook"))
)
"""The metrics of the process that delivers webhooks; the platforms here have none."""
VARIABLES = {"$service", "$__rate_interval"}
GRID_WIDTH = 24


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> dict[str, str]:
    """Every query by where it stands."""
    queries = {f"alert {rule['alert']}": rule["expr"] for rule in RULES}
    for panel in panels():
        for target in panel["targets"]:
            queries[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    return queries


def metrics_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression names, without strings, labels and functions."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\{[^}]*\}", "{}", bare)
    bare = re.sub(r"\[[^\]]*\]", "[]", bare)
    names = re.findall(r"[A-Za-z_:][\w:]*(?!\w*\s*\()", bare)
    return {name for name in names if name not in ("and", "or", "unless", "le", "absent")}


def labels_in(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each selected metric with the labels that its selector names."""
    for name, selector in re.findall(r"([A-Za-z_:][\w:]*)\{([^}]*)\}", expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))


@pytest.fixture(scope="module")
def exposed_metrics(watched: Watched, story: Story) -> dict[str, set[str]]:
    """Every metric of all processes, with all labels that it was seen with."""
    assert story
    labels_by_metric: dict[str, set[str]] = {}
    for one in (*watched.scrapes(), WEBHOOKS):
        for name in one.names:
            labels_by_metric.setdefault(name, set())
        for sample in one.samples:
            labels_by_metric[sample.name] |= set(sample.labels)
    return labels_by_metric


def test_every_query_names_metrics_that_the_processes_export(
    exposed_metrics: dict[str, set[str]],
) -> None:
    queries = expressions()
    assert len(queries) > len(RULES) + 20
    for where, expression in queries.items():
        named = metrics_in(expression) - OF_PROMETHEUS
        assert named <= set(exposed_metrics), f"{where}: {named - set(exposed_metrics)}"


def test_every_query_selects_by_labels_that_the_metric_has(
    exposed_metrics: dict[str, set[str]],
) -> None:
    prometheus_labels = {"job", "instance", "process"}
    for where, expression in expressions().items():
        for name, labels in labels_in(expression):
            if name not in OF_PROMETHEUS:
                assert labels <= exposed_metrics[name] | prometheus_labels, (
                    f"{where}: {name} has no {labels - exposed_metrics[name]}"
                )


def test_every_metric_is_on_the_page_for_operators_and_no_other(
    exposed_metrics: dict[str, set[str]],
) -> None:
    rows = re.findall(r"^\| `linli_.*?\|", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"linli_\w+", row)}
    there = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in exposed_metrics
        if name.startswith("linli_")
    }
    assert listed == there


def test_an_embedded_platform_exports_what_the_rules_ask_for(embedded: RunningPlatform) -> None:
    names = scrape(embedded.supervisor.url).names
    for rule in RULES:
        assert metrics_in(rule["expr"]) - OF_PROMETHEUS <= names | WEBHOOKS.names, rule["alert"]


def test_every_alert_says_how_bad_it_is_in_both_languages_and_where_to_read_on() -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for rule in RULES:
        notes = rule["annotations"]
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert notes["summary"].isascii(), rule["alert"]
        assert re.search(r"[\u4e00-\u9fff]", notes["summary_zh"]), rule["alert"]
        path, _, anchor = notes["runbook"].partition("#")
        assert (path, anchor) == ("docs/operating.md", rule["alert"].lower())
        assert anchor in anchors, f"{rule['alert']} has no entry in the runbook"


def test_the_dashboard_asks_the_source_it_is_given() -> None:
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    for panel in panels():
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel[
                "title"
            ]
        used = {
            name for target in panel["targets"] for name in re.findall(r"\$\w+", target["expr"])
        }
        assert used <= VARIABLES, panel["title"]


def test_each_service_has_a_row_of_what_flows_waits_takes_time_and_fails() -> None:
    rows = {
        panel["title"]: panel.get("repeat")
        for panel in DASHBOARD["panels"]
        if panel["type"] == "row"
    }
    assert rows["$service"] == "service"
    by_service = [
        panel
        for panel in panels()
        if all("$service" in target["expr"] for target in panel["targets"])
    ]
    for topic in ("Flow", "Backlog", "Latency", "Errors"):
        assert any(topic in panel["title"] for panel in by_service), topic


def test_the_panels_of_the_dashboard_are_well_formed_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= GRID_WIDTH, panel["title"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["type"] in ("timeseries", "stat")
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert [target["refId"] for target in panel["targets"]] == sorted(
                {t["refId"] for t in panel["targets"]}
            )


def test_grafana_is_provisioned_with_the_dashboard_and_prometheus() -> None:
    for path in (HERE / "grafana/provisioning").rglob("*.yml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["apiVersion"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_takes_the_rules_and_they_do_what_they_say(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip(
            "promtool is not installed here; on Debian or Ubuntu: apt-get install prometheus"
        )
    done = subprocess.run(  # noqa: S603
        [promtool, *arguments], cwd=HERE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_panel_is_a_query_that_prometheus_can_parse(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip(
            "promtool is not installed here; on Debian or Ubuntu: apt-get install prometheus"
        )
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions().values())
    ]
    path = tmp_path / "panels.yml"
    path.write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8"
    )
    done = subprocess.run(  # noqa: S603
        [promtool, "check", "rules", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
