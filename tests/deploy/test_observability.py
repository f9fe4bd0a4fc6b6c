"""Prometheus finds every process, in Compose and in a cluster alike, and knows which there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from linli_contracts.manifest import api_services

from .conftest import DEPLOY, Rendered

EVERY_PROCESS = {*api_services(), *(f"{name}-relay" for name in api_services()), "webhooks"}


@pytest.fixture(scope="module")
def prometheus(rendered: Rendered) -> Any:
    return yaml.safe_load((rendered.compose / "observability" / "prometheus.yml").read_text())


def targets(prometheus: Any) -> dict[str, set[str]]:
    return {
        job["job_name"]: set(job["dns_sd_configs"][0]["names"])
        for job in prometheus["scrape_configs"]
    }


def test_prometheus_finds_every_process_by_the_name_that_compose_gives_it(
    prometheus: Any, rendered: Rendered
) -> None:
    scraped = targets(prometheus)
    assert scraped == {
        "linli-services": set(api_services()),
        "linli-relays": {f"{name}-relay" for name in api_services()},
        "linli-webhooks": {"webhooks"},
        "rabbitmq": {"broker"},
    }
    assert {name for names in scraped.values() for name in names} <= set(rendered.services)


def test_every_process_is_missed_when_it_is_gone(rendered: Rendered) -> None:
    for folder in (rendered.compose, rendered.kubernetes):
        rules = yaml.safe_load((folder / "observability" / "processes.yml").read_text())
        recorded = [rule for group in rules["groups"] for rule in group["rules"]]
        assert {rule["labels"]["process"] for rule in recorded} == EVERY_PROCESS
        assert {rule["record"] for rule in recorded} == {"linli_process_expected"}


def test_in_a_cluster_processes_have_the_jobs_that_the_alerts_select(
    prometheus: Any, rendered: Rendered
) -> None:
    kustomizations = "\n".join(
        path.read_text() for path in rendered.kubernetes.glob("*/kustomization.yaml")
    )
    jobs = set(re.findall(r"linli/job: (\S+)", kustomizations))
    assert jobs == set(targets(prometheus)) - {"rabbitmq"}
    assert set(re.findall(r"linli/process: (\S+)", kustomizations)) == EVERY_PROCESS
    cluster = yaml.safe_load((DEPLOY / "observability/prometheus-kubernetes.yml").read_text())
    relabelled = {
        rule["target_label"]: rule["source_labels"]
        for rule in cluster["scrape_configs"][0]["relabel_configs"]
        if rule.get("target_label") in ("job", "process")
    }
    assert relabelled == {
        name: [f"__meta_kubernetes_pod_annotation_linli_{name}"] for name in ("job", "process")
    }


def test_prometheus_takes_its_configuration_with_all_rules(rendered: Rendered) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip(
            "promtool is not installed here; on Debian or Ubuntu: apt-get install prometheus"
        )
    done = subprocess.run(  # noqa: S603
        [promtool, "check", "config", "prometheus.yml"],
        cwd=rendered.compose / "observability",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rule files found" in done.stdout
