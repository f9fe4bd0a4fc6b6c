"""What Prometheus reads of one district: where its processes are, and which there should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from linli_contracts.manifest import Manifest

from linli.deployment.model import District

SERVICES, RELAYS = "linli-services", "linli-relays"
PORT, BROKER_PORT = 8000, 15692


def processes(manifest: Manifest) -> dict[str, str]:
    """The job of each process of a service, by the name of the process."""
    if manifest.service is None:
        return {manifest.name: f"linli-{manifest.name}"}
    return {manifest.name: SERVICES, f"{manifest.name}-relay": RELAYS}


def prometheus(district: District) -> dict[str, Any]:
    """The configuration that finds all replicas by the names that Compose gives them.

    The name says whose process it is also while it does not answer. RabbitMQ's own metrics come
    from its plugin rabbitmq_prometheus.
    """
    jobs: dict[str, list[str]] = {}
    for name, job in all_processes(district):
        jobs.setdefault(job, []).append(name)
    return {
        "global": {
            "scrape_interval": "15s",
            "scrape_timeout": "10s",
            "evaluation_interval": "15s",
        },
        "rule_files": ["alerts.yml", "processes.yml"],
        "scrape_configs": [
            *(_job(job, names, PORT) for job, names in jobs.items()),
            _job("rabbitmq", ["broker"], BROKER_PORT),
        ],
    }


def expected_processes(district: District) -> dict[str, Any]:
    """Rules that record which processes there should be, for the alert LinliNoProcess."""
    rules = [
        {"record": "linli_process_expected", "expr": "vector(1)", "labels": {"process": name}}
        for name, _ in all_processes(district)
    ]
    return {"groups": [{"name": "linli-processes", "rules": rules}]}


def all_processes(district: District) -> Iterable[tuple[str, str]]:
    """All processes of a district, each with its job."""
    for manifest in district.services:
        yield from processes(manifest).items()


def _job(name: str, hosts: list[str], port: int) -> dict[str, Any]:
    lookup = {"type": "A", "port": port, "refresh_interval": "15s", "names": hosts}
    process = {"source_labels": ["__meta_dns_name"], "target_label": "process"}
    return {"job_name": name, "dns_sd_configs": [lookup], "relabel_configs": [process]}
