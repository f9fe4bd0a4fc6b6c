"""The manifests as kustomize builds them, against schemas and what processes need."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from linli.deployment import kubernetes
from linli.deployment.check import checked
from linli_chassis.environment import declared_settings
from linli_chassis.messaging.topology import queue_of
from linli_chassis.settings import ProcessSettings, Settings
from linli_contracts.manifest import api_services
from linli_contracts.registry import consumed_by
from linli_webhooks.endpoints import is_public
from linli_webhooks.settings import WebhookSettings

from .conftest import DEPLOY, HOSTS, render

FOLDER = DEPLOY / "kubernetes"
VERSION = "1.33"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")

# KEDA's own schema is not in the schemas of Kubernetes: here is what its documentation says of the
# fields we use.
KEDA = {
    "ScaledObject": {
        "type": "object",
        "additionalProperties": False,
        "required": ["scaleTargetRef", "triggers"],
        "properties": {
            "scaleTargetRef": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}},
            },
            "minReplicaCount": {"type": "integer", "minimum": 0},
            "maxReplicaCount": {"type": "integer", "minimum": 1},
            "pollingInterval": {"type": "integer"},
            "cooldownPeriod": {"type": "integer"},
            "triggers": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["type", "metadata"],
                    "properties": {
                        "type": {"const": "rabbitmq"},
                        "authenticationRef": {"type": "object", "required": ["name"]},
                        "metadata": {
                            "type": "object",
                            "required": ["queueName", "mode", "value", "protocol"],
                            "additionalProperties": {"type": "string"},
                            "properties": {
                                "mode": {"enum": ["QueueLength", "MessageRate"]},
                                "protocol": {"enum": ["amqp", "http", "auto"]},
                            },
                        },
                    },
                },
            },
        },
    },
    "TriggerAuthentication": {
        "type": "object",
        "additionalProperties": False,
        "required": ["secretTargetRef"],
        "properties": {
            "secretTargetRef": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["parameter", "name", "key"],
                    "properties": {
                        name: {"type": "string"} for name in ("parameter", "name", "key")
                    },
                },
            }
        },
    },
}


def validate(document: dict[str, Any]) -> None:
    """Hold an object against its schema, in which unknown fields are mistakes."""
    if document["apiVersion"].startswith("keda.sh/"):
        jsonschema.validate(document["spec"], KEDA[document["kind"]])
    else:
        kubernetes_validate.validate(document, VERSION, strict=True)


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_manifest_is_valid(path: Path) -> None:
    manifests = documents(path.read_text(encoding="utf-8"))
    assert manifests
    for document in manifests:
        validate(document)


def test_a_field_that_does_not_exist_is_noticed() -> None:
    [api] = documents((FOLDER / "service" / "api.yaml").read_text(encoding="utf-8"))
    api["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(api)


# What kustomize makes of them


@pytest.fixture(scope="module")
def kustomize() -> Callable[[Path], list[dict[str, Any]]]:
    """Build a kustomization; skips where there is neither kustomize nor kubectl."""
    words = next(
        (
            words
            for words in (["kustomize", "build"], ["kubectl", "kustomize"])
            if shutil.which(words[0])
        ),
        None,
    )
    if words is None:
        pytest.skip("neither kustomize nor kubectl is installed here, so overlays are not built")

    def build(folder: Path) -> list[dict[str, Any]]:
        done = subprocess.run([*words, str(folder)], capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
        return documents(done.stdout)

    return build


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "scaling-and-webhooks"])
def built(
    request: pytest.FixtureRequest,
    kustomize: Callable[[Path], list[dict[str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[dict[str, Any]]:
    """All objects of a district, with and without what it may have besides."""
    folder = tmp_path_factory.mktemp("kubernetes") / "district"
    changes = {
        "grid = 1": "grid = 2",
        'registry = "linli"': 'registry = "r.example/x"',
        '# tls_secret = "linli-tls"': 'tls_secret = "linli-tls"',
        '# pull_secret = "registry"': 'pull_secret = "registry"',
        **HOSTS,
        "scaling = false": f"scaling = {str(request.param).lower()}",
        "webhooks = false": f"webhooks = {str(request.param).lower()}",
    }
    return kustomize(render(folder, changes).kubernetes)


def of_kind(built: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in built if one["kind"] == kind}


def pods(built: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("Deployment", "Job"):
        for name, one in of_kind(built, kind).items():
            yield name, one["spec"]["template"]


def label(service: str) -> str:
    return service.replace("_", "-")


def unhashed(name: str) -> str:
    """The name of a Job without what differs between renderings."""
    return re.sub(r"-migration-[0-9a-f]{8}$", "-migration", name)


def test_every_object_of_a_district_is_valid(built: list[dict[str, Any]]) -> None:
    for one in built:
        validate(one)


def test_every_object_stands_in_the_namespace_of_its_district(built: list[dict[str, Any]]) -> None:
    [namespace] = of_kind(built, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {one["metadata"].get("namespace") for one in built if one["kind"] != "Namespace"} == {
        "linli-110101"
    }


def test_each_service_has_all_its_parts(built: list[dict[str, Any]]) -> None:
    for kind, parts in {
        "Deployment": ("api", "relay"),
        "Job": ("migration",),
        "Service": ("api",),
    }.items():
        names = {unhashed(name) for name in of_kind(built, kind)} - {"webhooks", "linli"}
        assert names == {f"{label(service)}-{part}" for service in api_services() for part in parts}
    assert set(of_kind(built, "PodDisruptionBudget")) == {
        f"{label(service)}-api" for service in api_services()
    }


def test_each_process_runs_the_image_of_its_service(built: list[dict[str, Any]]) -> None:
    images = {name: pod["spec"]["containers"][0]["image"] for name, pod in pods(built)}
    for service in api_services():
        own = [image for name, image in images.items() if name.startswith(f"{label(service)}-")]
        assert own == [f"r.example/x/{service}:0.1.0"] * 3


def test_what_pods_refer_to_exists(built: list[dict[str, Any]]) -> None:
    config, secrets = of_kind(built, "ConfigMap"), of_kind(built, "Secret")
    for _, pod in pods(built):
        [container] = pod["spec"]["containers"]
        assert {source["configMapRef"]["name"] for source in container["envFrom"]} <= set(config)
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for volume in volumes.values():
            assert volume.get("secret", {}).get("secretName", next(iter(secrets))) in secrets
            assert volume.get("configMap", {}).get("name", next(iter(config))) in config
        mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
        for variable in container["env"]:
            if variable["name"].endswith("_URL"):
                continue
            folder, _, key = variable["value"].rpartition("/")
            assert key in secrets[mounts[folder]["secret"]["secretName"]]["data"], variable


def test_images_are_pulled_with_the_secret_of_the_registry(built: list[dict[str, Any]]) -> None:
    assert {str(pod["spec"]["imagePullSecrets"]) for _, pod in pods(built)} == {
        "[{'name': 'registry'}]"
    }


CHANGES = {
    'version = "0.1.0"': 'version = "0.2.0"',
    "reopen_days = 10 ": "reopen_days = 11 ",
    'host = "pg.example"': 'host = "pg2.example"',
    '# pull_secret = "registry"': 'pull_secret = "registry"',
}


@pytest.mark.parametrize("old", CHANGES)
def test_a_job_that_differs_has_another_name(
    old: str, kustomize: Callable[[Path], list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Jobs cannot be changed; the same rendering can be applied again."""

    def jobs() -> dict[str, Any]:
        district, secret_values = checked(tmp_path)
        overlay = kubernetes.render(district, secret_values, DEPLOY)
        assert overlay
        return of_kind(kustomize(overlay), "Job")

    render(tmp_path, HOSTS)
    before = jobs()
    assert jobs() == before
    path = tmp_path / "district.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, CHANGES[old], 1))
    after = jobs()
    assert not set(before) & set(after)
    assert len(before) == len(after) == len(api_services())


def test_the_command_reaches_every_service(built: list[dict[str, Any]]) -> None:
    deployment = of_kind(built, "Deployment")["linli"]
    assert deployment["spec"]["replicas"] == 0
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "r.example/x/linli:0.1.0"
    urls = {one["name"]: one["value"] for one in container["env"] if one["name"].endswith("_URL")}
    services = of_kind(built, "Service")
    for service in api_services():
        host = urls[f"LINLI_{service.upper()}_URL"].removeprefix("http://")
        assert services[host]["spec"]["ports"][0]["port"] == 80
    own = deployment["spec"]["template"]["metadata"]["labels"]
    policies = of_kind(built, "NetworkPolicy")
    [ingress] = policies["from-command"]["spec"]["ingress"]
    selector = ingress["from"][0]["podSelector"]["matchLabels"]
    assert selector.items() <= own.items()
    assert policies["command-to-services"]["spec"]["podSelector"]["matchLabels"] == selector


def test_names_are_looked_up_wherever_the_cluster_has_its_servers(
    built: list[dict[str, Any]],
) -> None:
    rule = of_kind(built, "NetworkPolicy")["everything"]["spec"]["egress"][0]
    assert {(one["port"], one["protocol"]) for one in rule["ports"]} == {
        (port, protocol) for port in (53, 5353) for protocol in ("UDP", "TCP")
    }
    assert {"namespaceSelector": {}} in rule["to"]


def test_processes_get_settings_that_exist_and_relays_only_what_they_need(
    built: list[dict[str, Any]],
) -> None:
    for name, pod in pods(built):
        if name == "linli":
            continue  # the command has settings of its own
        variables = {
            variable["name"].removesuffix("_FILE")
            for variable in pod["spec"]["containers"][0]["env"]
        }
        settings = (
            Settings
            if name.endswith("-api")
            else WebhookSettings
            if name == "webhooks"
            else ProcessSettings
        )
        assert variables <= {item.name for item in declared_settings(settings).values()}


def test_selectors_find_their_own_pods_and_no_others(built: list[dict[str, Any]]) -> None:
    labels_by_pod = {name: pod["metadata"]["labels"] for name, pod in pods(built)}
    for service in api_services():
        for kind in ("Service", "PodDisruptionBudget", "Deployment"):
            selector = of_kind(built, kind)[f"{label(service)}-api"]["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            assert [name for name, labels in labels_by_pod.items() if wanted <= labels.items()] == [
                f"{label(service)}-api"
            ]


def test_no_pod_has_rights_that_it_does_not_need(built: list[dict[str, Any]]) -> None:
    for _, pod in pods(built):
        spec, [container] = pod["spec"], pod["spec"]["containers"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}


def test_the_ingress_leads_to_every_service(built: list[dict[str, Any]]) -> None:
    [ingress] = of_kind(built, "Ingress").values()
    [rule] = ingress["spec"]["rules"]
    assert (rule["host"], ingress["spec"]["tls"][0]["secretName"]) == ("city.example", "linli-tls")
    leads = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert leads == {f"/api/{service}/": f"{label(service)}-api" for service in api_services()}
    assert set(leads.values()) == set(of_kind(built, "Service"))


def test_whatever_is_not_listed_is_refused(built: list[dict[str, Any]]) -> None:
    policies = of_kind(built, "NetworkPolicy")
    everything = policies["everything"]["spec"]
    assert everything["podSelector"] == {}
    assert set(everything["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in everything
    [ingress] = policies["from-ingress"]["spec"]["ingress"]
    assert "ingress-nginx" in str(ingress["from"])


def test_webhooks_may_reach_the_internet_and_no_network_of_ones_own(
    built: list[dict[str, Any]],
) -> None:
    if "webhooks" not in of_kind(built, "Deployment"):
        assert "webhooks-to-endpoints" not in of_kind(built, "NetworkPolicy")
        return
    [pod] = [pod for name, pod in pods(built) if name == "webhooks"]
    assert pod["spec"]["containers"][0]["image"] == "r.example/x/webhooks:0.1.0"
    assert "jwt_secret" not in str(pod)
    policy = of_kind(built, "NetworkPolicy")["webhooks-to-endpoints"]["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    [rule] = policy["egress"]
    assert rule["ports"] == [{"port": 443, "protocol": "TCP"}]
    refused = [network for to in rule["to"] for network in to["ipBlock"].get("except", [])]
    assert not [network for network in refused if is_public(network.partition("/")[0])]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(refused)


def test_services_with_a_queue_are_scaled_by_it_and_keep_their_count_otherwise(
    built: list[dict[str, Any]],
) -> None:
    scaled, keys = of_kind(built, "ScaledObject"), of_kind(built, "TriggerAuthentication")
    deployments = of_kind(built, "Deployment")
    if not scaled:
        assert deployments["grid-api"]["spec"]["replicas"] == 2
        return
    assert set(scaled) == {
        f"{label(service)}-api" for service in api_services() if consumed_by(service)
    }
    for service in (service for service in api_services() if consumed_by(service)):
        spec = scaled[f"{label(service)}-api"]["spec"]
        [trigger] = spec["triggers"]
        assert spec["scaleTargetRef"]["name"] in deployments
        assert trigger["metadata"]["queueName"] == queue_of(service)
        [source] = keys[trigger["authenticationRef"]["name"]]["spec"]["secretTargetRef"]
        assert source["key"] in of_kind(built, "Secret")[source["name"]]["data"]
        assert "replicas" not in deployments[f"{label(service)}-api"]["spec"]
    assert scaled["grid-api"]["spec"]["minReplicaCount"] == 2
