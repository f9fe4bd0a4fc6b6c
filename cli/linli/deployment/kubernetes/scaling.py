"""More processes of a service while its queue is long. Needs KEDA."""

from __future__ import annotations

from linli_chassis.messaging.topology import queue_of
from linli_contracts.registry import consumed_by

from linli.deployment.kubernetes.objects import Object, access_of, label_of
from linli.deployment.model import District

EVENTS_PER_PROCESS = 1000
"""A process takes in some hundred events a second: so many wait for a few seconds at most."""

NAME_REFERENCES: Object = {
    "nameReference": [
        {
            "kind": "Secret",
            "fieldSpecs": [
                {
                    "group": "keda.sh",
                    "kind": "TriggerAuthentication",
                    "path": "spec/secretTargetRef/name",
                }
            ],
        }
    ]
}
"""By which kustomize follows a secret whose name ends in a hash of what it holds."""


def is_scaled(service: str, district: District) -> bool:
    """Whether its queue says how many processes it has; what subscribes nothing has no queue."""
    return district.kubernetes.scaling and bool(consumed_by(service))


def scaled_objects(district: District) -> list[Object]:
    """The objects of all services that are scaled."""
    return [
        manifest
        for name in district.api_services
        if is_scaled(name, district)
        for manifest in (_authentication(name), _scaled(name, district))
    ]


def _authentication(service: str) -> Object:
    secret = {"parameter": "host", "name": access_of(service), "key": "amqp_uri"}
    return _keda("TriggerAuthentication", _broker_of(service), {"secretTargetRef": [secret]})


def _scaled(service: str, district: District) -> Object:
    name, fewest = f"{label_of(service)}-api", district.replicas[service]
    queue = {
        "protocol": "amqp",
        "queueName": queue_of(service),
        "mode": "QueueLength",
        "value": str(EVENTS_PER_PROCESS),
    }
    trigger = {
        "type": "rabbitmq",
        "metadata": queue,
        "authenticationRef": {"name": _broker_of(service)},
    }
    spec = {
        "scaleTargetRef": {"name": name},
        "minReplicaCount": fewest,
        "maxReplicaCount": max(district.kubernetes.most_replicas, fewest),
        "pollingInterval": 15,
        "cooldownPeriod": 300,
        "triggers": [trigger],
    }
    return _keda("ScaledObject", name, spec)


def _broker_of(service: str) -> str:
    return f"{label_of(service)}-broker"


def _keda(kind: str, name: str, spec: Object) -> Object:
    metadata = {"name": name}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
