"""A second district beside the first: TLS to the broker and to the proxy."""

from __future__ import annotations

import datetime
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from linli_devkit.processes import eventually

from .deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

CHANGES = {
    '# ca_file = "ca.pem"': 'ca_file = "ca.pem"',
    '# certificate_file = "broker.pem"': 'certificate_file = "broker.pem"',
    '# key_file = "broker.key"': 'key_file = "broker.key"',
    '# certificate_file = "proxy.pem"': 'certificate_file = "proxy.pem"',
    '# key_file = "proxy.key"': 'key_file = "proxy.key"',
}


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed("Linli test CA", self._key.public_key(), authority=True)
        (folder / "ca.pem").write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *hosts: x509.GeneralName) -> None:
        """Write `name`.pem and `name`.key for a server of these hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(name, key.public_key(), hosts=list(hosts))
        (self.folder / f"{name}.pem").write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def _signed(
        self,
        name: str,
        public_key: ec.EllipticCurvePublicKey,
        *,
        hosts: list[x509.GeneralName] | None = None,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if authority else self._certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture
def secured(base_images: bool, district: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """The broker, the grid service and the proxy of another district; the images exist by now."""
    folder = tmp_path / "district"
    folder.mkdir()
    authority = Authority(folder)
    authority.issue("broker", x509.DNSName("broker"))
    authority.issue(
        "proxy", x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    )
    deployment = Deployment.make("110102", folder, CHANGES, password_files=base_images)
    deployment.take_down()
    try:
        deployment.compose("up", "--detach", "--wait", "grid", "grid-relay", "broker", "database")
        deployment.compose("up", "--detach", "--no-deps", "proxy")
        yield deployment
    finally:
        deployment.take_down()


def test_services_speak_to_the_broker_and_people_to_the_proxy_over_tls(secured: Deployment) -> None:
    ask = (
        "exec",
        "-T",
        "broker",
        "rabbitmqctl",
        "--quiet",
        "--formatter",
        "json",
        "list_connections",
        "user",
        "ssl",
    )

    def connected() -> list[dict[str, object]]:
        listed: list[dict[str, object]] = json.loads(secured.compose(*ask))
        return listed if len(listed) >= 2 else []

    connections = eventually(connected, seconds=60, every=1)
    assert {(one["user"], one["ssl"]) for one in connections} == {("110102-grid", True)}
    url = f"https://127.0.0.1:{secured.district.http.port}"
    assert (
        eventually(lambda: status_of(f"{url}/api/grid/v1/grids", secured), seconds=20, every=0.5)
        == 401
    )


def status_of(url: str, secured: Deployment) -> int | None:
    """The response's status; None while nobody responds. An untrusted certificate is an error."""
    try:
        return requests.get(
            url, verify=str(secured.district.folder / "ca.pem"), timeout=5
        ).status_code
    except requests.exceptions.SSLError:
        raise
    except requests.ConnectionError:
        return None


def test_a_service_that_cannot_verify_the_broker_stays_away_from_it(
    secured: Deployment, tmp_path: Path
) -> None:
    Authority(tmp_path)
    (secured.rendered / "files" / "broker-ca.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    secured.compose("restart", "grid", "grid-relay")
    eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in secured.logs("grid"), seconds=60, every=1)
    eventually(
        lambda: "CERTIFICATE_VERIFY_FAILED" in secured.logs("grid-relay"), seconds=60, every=1
    )
