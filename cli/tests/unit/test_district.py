from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import linli_contracts
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from linli.base.errors import UsageFailure
from linli.deployment import broker, compose, database, kubernetes, secrets
from linli.deployment.check import checked
from linli.deployment.files import write_all
from linli.deployment.init import begin, ignore_secrets, template
from linli.deployment.kubernetes.scaling import scaled_objects
from linli.deployment.kubernetes.services import kustomization_of
from linli.deployment.schema import load
from linli_chassis.messaging.topology import queues
from linli_contracts.manifest import api_services, find_service
from linli_contracts.registry import consumed_by

DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES_YAML = Path(linli_contracts.__file__).parent / "data" / "services.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A district as `init` makes it."""
    begin("110101", tmp_path / "district", "en")
    return tmp_path / "district"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str], None]:
    """Replace something in district.toml."""

    def replace(old: str, new: str) -> None:
        path = folder / "district.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace


@pytest.fixture
def on_kubernetes(change: Callable[[str, str], None]) -> None:
    """Name the hosts that Kubernetes needs."""
    change('# host = "city.example"', 'host = "city.example"')
    change('host = "broker"', 'host = "mq.example"')
    change('host = "database"', 'host = "pg.example"')


def complaints(folder: Path) -> str:
    with pytest.raises(UsageFailure) as refused:
        checked(folder)
    return refused.value.message


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def services_of(rendered: Path) -> Any:
    return yaml.safe_load((rendered / "compose.yaml").read_text())["services"]


def variables_of(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


# init


def test_what_init_writes_is_a_district_without_a_mistake(folder: Path) -> None:
    district, secret_values = checked(folder)
    assert (district.code, district.label) == ("110101", "linli-110101")
    assert set(secret_values) == set(secrets.names())
    assert len(set(secret_values.values())) == len(secret_values)


def test_secrets_can_be_read_by_their_owner_only_and_are_kept_from_git(folder: Path) -> None:
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "secrets").iterdir()} == {0o600}
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)  # noqa: S603, S607
    keys = ["proxy.key", "tls/private.pem"]
    ignore_secrets(folder, keys)
    ignore_secrets(folder, keys)
    hidden = ["secrets/keys", "rendered/compose/.env", "broker.key", *keys]
    shown = ["district.toml", "services.yaml", "jwks.json", "ca.pem", "compose.override.yaml"]
    asked = ["git", "-C", str(folder), "check-ignore", *hidden, *shown]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == hidden
    lines = (folder / ".gitignore").read_text().splitlines()
    assert len(lines) == len(set(lines))


def test_the_chinese_and_the_english_file_say_the_same() -> None:
    parameters = {"code": "110101", "version": "1.0", "replicas": "grid = 1"}
    documents = [
        tomllib.loads(template(language).substitute(parameters)) for language in ("en", "zh")
    ]
    assert documents[0] == documents[1]


def test_what_the_file_shows_commented_out_is_right_too(folder: Path) -> None:
    text = (folder / "district.toml").read_text()
    shown = re.sub(r"(?m)^# (?=\w+ = |\[\[)", "", text)
    assert text.count("\n# ") > shown.count("\n# ")
    shown = shown.replace('host = "broker"', 'host = "mq.example"')
    shown = shown.replace('host = "database"', 'host = "pg.example"')
    (folder / "district.toml").write_text(shown)
    named = (
        "services.yaml",
        "indicators.yaml",
        "jwks.json",
        "proxy.pem",
        "proxy.key",
        "ca.pem",
        "database-ca.pem",
        "broker.pem",
        "broker.key",
    )
    for name in named:
        (folder / name).write_text("[nothing of the kind]")
    secrets.make_up(folder, iter([secrets.of_subscriber("city-dashboard")]))
    # What is in the files is refused, and nothing else. Indicators are read once all else is right.
    assert {line.partition(":")[0] for line in complaints(folder).splitlines()} == {
        "LINLI_SERVICES_FILE",
        "LINLI_JWKS",
    }


def test_init_leaves_a_district_that_is_there_alone(folder: Path) -> None:
    before = files_below(folder)
    with pytest.raises(UsageFailure, match="is there already"):
        begin("110102", folder, "en")
    assert files_below(folder) == before


@pytest.mark.parametrize("code", ["11010", "1101011", "dongch", "１１０１０１"])
def test_a_code_that_is_no_district_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(UsageFailure):
        begin(code, tmp_path / "district", "en")
    assert not (tmp_path / "district").exists()


# check


MISTAKES = {
    ('code = "110101"', 'code = "1101"'): "code: must have six digits",
    (
        'time_zone = "Asia/Shanghai"',
        'time_zone = "Peking"',
    ): "LINLI_TIME_ZONE: is not an IANA time zone",
    ('calendar = "china"', 'calendar = "lunar"'): "LINLI_CALENDAR: must be china or plain",
    ('office_hours = "09:00-12:00', 'office_hours = "25:00-12:00'): "LINLI_OFFICE_HOURS",
    ('language = "zh"', 'language = "fr"'): "language: Must be one of: zh, en.",
    ("port = 8080", 'port = "8080"'): "http.port: Not a valid integer.",
    ("grid = 1", "grid = 0"): "replicas.grid: Must be greater than or equal to 1",
    ("grid = 1", "grids = 1"): "replicas.grids: Unknown field.",
    (
        "[settings]",
        "[settings]\nLINLI_DUPLICATE_RADIUS = 80",
    ): "settings.LINLI_DUPLICATE_RADIUS: there is no such setting",
    (
        "[settings]",
        "[settings]\nLINLI_DUPLICATE_RADIUS_M = -1",
    ): "LINLI_DUPLICATE_RADIUS_M: Must be greater than",
    ("[settings]", '[settings]\nDATABASE_URL = "x"'): "settings.DATABASE_URL: is said elsewhere",
    (
        "[settings]",
        '[settings]\nLINLI_DISTRICT = "110102"',
    ): "settings.LINLI_DISTRICT: is said elsewhere",
    (
        "[settings]",
        '[settings]\nLINLI_LOG_LEVEL = "DEBUG # all"',
    ): "settings: must be plain text of one line",
    ("# jwks_file", "jwks_file"): "tokens.jwks_file: there is no file",
    ("# certificate_file", "certificate_file"): "http.key_file: is needed with certificate_file",
    ("# ca_file", "ca_file"): "broker.certificate_file: is needed with ca_file",
    (
        '# published = "0.0.0.0:5671"',
        'published = "0.0.0.0:5671"',
    ): "broker.ca_file: is needed with published",
    ('name = "linli"', 'name = "linli; DROP"'): "database.name: may have a-z, 0-9 and _ only",
    ('host = "broker"', 'host = "a b"'): "broker.host: must be a host name",
    ('registry = "linli"', 'registry = "Linli "'): "images.registry: must be host/path",
    (
        "[settings]",
        '[[subscribers]]\nname = "x"\ntypes = ["linli.nothing.*"]\n[settings]',
    ): "no event type",
    (
        "[settings]",
        '[[subscribers]]\nname = "A B"\ntypes = ["linli.*"]\n[settings]',
    ): "is no name of a subscriber",
    ("[http]", "[http"): "cannot be read",
    (
        '# host = "city.example"',
        'host = "linli.example"',
    ): "kubernetes.host: linli.example is an example. Name your own",
    (
        '# host = "city.example" ',
        'host = "city.example"',
    ): "broker.host: pods do not reach broker, which only Compose starts. Name a host",
    (
        '# host = "city.example"  ',
        'host = "city.example"',
    ): "database.host: pods do not reach database",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda pair: pair[1].splitlines()[-1])
def test_a_mistake_is_reported_with_its_place(
    folder: Path, change: Callable[[str, str], None], mistake: tuple[str, str]
) -> None:
    change(*mistake)
    if "types" in mistake[1] and "A B" not in mistake[1]:
        secrets.make_up(folder, iter([secrets.of_subscriber("x")]))
    assert MISTAKES[mistake] in complaints(folder)


def test_mistakes_are_reported_at_once(folder: Path, change: Callable[[str, str], None]) -> None:
    change('code = "110101"', 'code = "1101"')
    change("port = 8080", "port = 0")
    change("[limits]", '[limits]\nspeed = "high"')
    assert len(complaints(folder).splitlines()) == 3


def test_mistakes_are_reported_in_chinese(
    folder: Path, change: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change('code = "110101"', 'code = "1101"')
    monkeypatch.setenv("LINLI_LANGUAGE", "zh")
    assert "code: 必须是六位数字" in complaints(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
        (lambda path: path.write_text(" \n"), "is empty"),
        (lambda path: path.chmod(0o644), "may be read by others"),
    ],
)
def test_a_secret_that_cannot_be_used_is_reported(
    folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(folder / "secrets" / "broker_grid")
    assert message in complaints(folder)


def test_secrets_that_render_makes_up_are_not_missed(
    folder: Path, change: Callable[[str, str], None]
) -> None:
    change("webhooks = false", "webhooks = true")
    change("[settings]", '[[subscribers]]\nname = "hall"\ntypes = ["linli.grid.*"]\n[settings]')
    checked(folder)
    wanted = {"subscriber_hall", "subscriber_webhooks", "database_webhooks"}
    assert set(secrets.missing(load(folder))) == wanted


def test_keys_are_not_made_up_again_and_all_that_is_wrong_is_reported_with_them(
    folder: Path, change: Callable[[str, str], None]
) -> None:
    (folder / "secrets" / "keys").unlink()
    change("# jwks_file", "jwks_file")
    change("[settings]", "[settings]\nLINLI_DUPLICATE_RADIUS = 80")
    assert "secrets/keys is not there: put your copy of it back" in complaints(folder)
    assert "tokens.jwks_file" in complaints(folder)
    assert "LINLI_DUPLICATE_RADIUS" in complaints(folder)


def test_a_secret_is_never_quoted(folder: Path) -> None:
    (folder / "secrets" / "keys").write_text("first:hush")
    (folder / "secrets" / "jwt_secret").write_text("hush")
    errors = complaints(folder)
    assert "LINLI_KEYS" in errors
    assert "LINLI_JWT_SECRET" in errors
    assert "hush" not in errors


# render


@pytest.fixture
def rendered(folder: Path, change: Callable[[str, str], None]) -> Callable[[], tuple[Path, Path]]:
    """The two folders that a render writes."""

    def render() -> tuple[Path, Path]:
        district, secret_values = checked(folder)
        overlay = kubernetes.render(district, secret_values, DEPLOY)
        composed = compose.render(district, secret_values, DEPLOY)
        return composed, overlay or folder / kubernetes.FOLDER

    return render


def definitions_of(folder: Path) -> Any:
    return json.loads((folder / "secrets" / "definitions.json").read_text())


def test_rendering_twice_writes_the_same(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    rendered()
    before = files_below(folder)
    rendered()
    assert files_below(folder) == before


@pytest.mark.usefixtures("on_kubernetes")
def test_a_rendered_folder_can_be_moved(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    """It names no place of this machine, and links to nothing outside but for building images."""
    for place in rendered():
        for name, content in files_below(place).items():
            if name != ".env":
                assert str(folder).encode() not in content, name
                assert str(DEPLOY.parent).encode() not in content, name
                assert b"../.." not in content, name
    composed = folder / compose.FOLDER
    variables = variables_of(composed / ".env")
    assert not [value for value in variables.values() if value.startswith("/")]
    checkout = composed / variables["LINLI_CHECKOUT"]
    assert checkout.resolve() == DEPLOY.parent


def test_additions_to_compose_are_rendered_with_it(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    (folder / "compose.override.yaml").write_text("services: {proxy: {ports: []}}\n")
    composed, _ = rendered()
    assert (composed / "compose.override.yaml").read_text() == "services: {proxy: {ports: []}}\n"
    (folder / "compose.override.yaml").unlink()
    rendered()
    assert not (composed / "compose.override.yaml").exists()


def test_nothing_is_rendered_for_kubernetes_without_its_host(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    change('# host = "city.example"', 'host = "city.example"')
    change('host = "broker"', 'host = "mq.example"')
    change('host = "database"', 'host = "pg.example"')
    _, overlay = rendered()
    assert (overlay / "kustomization.yaml").is_file()
    change('host = "city.example"', '# host = "city.example"')
    rendered()
    assert not overlay.exists()


def test_what_is_no_longer_wanted_goes_and_what_stays_keeps_its_place(tmp_path: Path) -> None:
    write_all(tmp_path / "x", {"a": "1", "b/c": "2"})
    place = (tmp_path / "x" / "a").stat().st_ino
    write_all(tmp_path / "x", {"a": "3"})
    assert files_below(tmp_path / "x") == {"a": b"3"}
    assert (tmp_path / "x" / "a").stat().st_ino == place
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o700


def test_the_broker_knows_a_password_by_its_hash_only(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    _, secret_values = checked(folder)
    text = json.dumps(definitions_of(rendered()[0]))
    assert not [name for name, secret in secret_values.items() if secret in text]
    user = next(user for user in json.loads(text)["users"] if user["name"] == "110101-grid")
    raw = base64.b64decode(user["password_hash"])
    assert raw[4:] == hashlib.sha256(raw[:4] + secret_values["broker_grid"].encode()).digest()


def test_the_broker_has_no_guest_and_an_account_for_each_service(
    rendered: Callable[[], tuple[Path, Path]],
) -> None:
    definitions = definitions_of(rendered()[0])
    tags = {user["name"]: user["tags"] for user in definitions["users"]}
    assert set(tags) == {f"110101-{name}" for name in (*api_services(), "admin", "operator")}
    assert [name for name, own in tags.items() if own] == ["110101-admin"]
    rights = {one["user"]: one for one in definitions["permissions"]}
    assert {rights[f"110101-{name}"]["configure"] for name in api_services()} == {"^$"}
    assert re.search(rights["110101-grid"]["write"], "linli.events")
    assert not re.search(rights["110101-grid"]["read"], "linli.evaluation")


def test_the_definitions_are_the_topology_that_processes_check(
    rendered: Callable[[], tuple[Path, Path]],
) -> None:
    definitions = definitions_of(rendered()[0])
    wanted = {(*binding, queue.name) for queue in queues("110101") for binding in queue.bindings}
    assert {
        (one["source"], one["routing_key"], one["destination"]) for one in definitions["bindings"]
    } == wanted
    assert {
        one["vhost"] for kind in ("queues", "bindings", "exchanges") for one in definitions[kind]
    } == {"linli-110101"}


def test_a_subscriber_has_the_account_that_the_command_would_make(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    change("[settings]", '[[subscribers]]\nname = "hall"\ntypes = ["linli.grid.*"]\n[settings]')
    secrets.make_up(folder, iter([secrets.of_subscriber("hall")]))
    definitions = definitions_of(rendered()[0])
    [account] = broker.subscribers(checked(folder)[0])
    user = next(user for user in definitions["users"] if user["name"] == account.user)
    assert (user["tags"], user["limits"]["max-connections"]) == (["linli-subscriber"], 10)
    assert {
        "user": account.user,
        "vhost": "linli-110101",
        **account.topic_permissions,
    } in definitions["topic_permissions"]
    assert set(account.queues) <= {queue["name"] for queue in definitions["queues"]}
    # Events wait in both from the import on, although it has never connected.
    bound = {(one["destination"], one["routing_key"]) for one in definitions["bindings"]}
    assert {(queue, "110101.grid.#") for queue in account.queues} <= bound
    assert len(account.queues) == 2


@pytest.mark.usefixtures("on_kubernetes")
def test_webhooks_have_what_a_subscriber_has_and_a_schema(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    plain, _ = rendered()
    assert "webhooks" not in services_of(plain)
    assert "webhooks" not in (plain / "database" / "database.sql").read_text()
    change("webhooks = false", "webhooks = true")
    assert set(secrets.missing(load(folder))) == {"database_webhooks", "subscriber_webhooks"}
    secrets.make_up(folder, secrets.names(load(folder)))
    composed, overlay = rendered()
    assert "webhooks" in services_of(composed)
    assert "CREATE ROLE linli_webhooks" in (composed / "database" / "database.sql").read_text()
    rights = {one["user"]: one for one in definitions_of(composed)["permissions"]}[
        "110101-subscriber-webhooks"
    ]
    assert (rights["configure"], rights["write"]) == ("^$", r"^(linli\.subscriber\.webhooks)$")
    for rendering in (composed, overlay):
        assert (
            "://110101-subscriber-webhooks:"
            in (rendering / "secrets" / "webhooks_amqp_uri").read_text()
        )
        assert "://linli_webhooks:" in (rendering / "secrets" / "webhooks_database_url").read_text()


def test_the_database_knows_a_password_by_its_verifier_only(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    _, secret_values = checked(folder)
    sql = (rendered()[0] / "database" / "database.sql").read_text()
    assert sql.count("SCRAM-SHA-256$4096:") == len(api_services()) + 1  # and that of the command
    assert f"GRANT {', '.join(f'linli_{name}' for name in api_services())} TO linli;" in sql
    assert not [name for name, secret in secret_values.items() if secret in sql]


def test_a_verifier_is_that_of_postgresql() -> None:
    # As PostgreSQL 17 itself made it, but for the salt.
    assert re.fullmatch(
        r"SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=",
        database.verifier("secret", "linli_grid"),
    )


def test_each_process_gets_what_it_needs_and_no_secret_stands_among_the_settings(
    folder: Path, rendered: Callable[[], tuple[Path, Path]]
) -> None:
    _, secret_values = checked(folder)
    compose_folder, _ = rendered()
    settings = variables_of(compose_folder / "settings.env")
    assert settings["LINLI_BROKER_DECLARE"] == "false"
    assert not [value for value in settings.values() if value in secret_values.values()]
    assert (
        secret_values["broker_grid"] in (compose_folder / "secrets" / "grid_amqp_uri").read_text()
    )
    assert (
        secret_values["database_grid"]
        in (compose_folder / "secrets" / "grid_database_url").read_text()
    )


@pytest.mark.usefixtures("on_kubernetes")
def test_files_of_the_district_are_where_containers_look(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    (folder / "ours.yaml").write_bytes(SERVICES_YAML.read_bytes())
    change('# services_file = "services.yaml"', 'services_file = "ours.yaml"')
    for rendered_folder in rendered():
        assert (
            variables_of(rendered_folder / "settings.env")["LINLI_SERVICES_FILE"]
            == "/etc/linli/services.yaml"
        )
        assert (
            rendered_folder / "files" / "services.yaml"
        ).read_bytes() == SERVICES_YAML.read_bytes()


def test_hosts_of_ones_own_are_used_instead_of_those_that_come_along(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    (folder / "pg.pem").write_text("a certificate")
    change('# host = "city.example"', 'host = "city.example"')
    change('host = "broker"', 'host = "mq.example"\nport = 5673')
    change(
        'host = "database"',
        'host = "pg.example"\nport = 6432\nsslmode = "verify-full"\nca_file = "pg.pem"',
    )
    compose_folder, overlay = rendered()
    assert variables_of(compose_folder / ".env")["COMPOSE_PROFILES"] == ""
    assert (
        "@mq.example:5673/linli-110101"
        in (compose_folder / "secrets" / "grid_amqp_uri").read_text()
    )
    assert (
        "@pg.example:6432/linli?sslmode=verify-full"
        in (compose_folder / "secrets" / "grid_database_url").read_text()
    )
    assert (
        variables_of(compose_folder / "settings.env")["PGSSLROOTCERT"]
        == "/etc/linli/database-ca.pem"
    )
    assert (compose_folder / "files" / "database-ca.pem").read_text() == "a certificate"
    [patch] = [
        each
        for each in yaml.safe_load((overlay / "kustomization.yaml").read_text())["patches"]
        if each["target"] == {"kind": "NetworkPolicy", "name": "everything"}
    ]
    assert [one["port"] for one in yaml.safe_load(patch["patch"])[0]["value"]] == [6432, 5673]


@pytest.mark.usefixtures("on_kubernetes")
def test_where_a_provider_signs_tokens_nothing_else_may(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    key = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    (folder / "jwks.json").write_text(json.dumps({"keys": [{**key, "kid": "one"}]}))
    change('# jwks_file = "jwks.json"', 'jwks_file = "jwks.json"')
    for compose_folder in rendered():
        assert (compose_folder / "secrets" / "jwt_secret").read_text() == ""


def test_settings_of_the_webhooks_and_of_tracing_are_settings_too(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    settings_lines = (
        'LINLI_WEBHOOKS_KEEP_DAYS = 14\nOTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318"\n'
    )
    change("# LINLI_DUPLICATE_RADIUS_M = 80\n", settings_lines)
    compose_folder, _ = rendered()
    assert variables_of(compose_folder / "settings.env")["LINLI_WEBHOOKS_KEEP_DAYS"] == "14"
    change(settings_lines, 'LINLI_METRICS_BIND = "0.0.0.0:9000"\n')
    assert "LINLI_METRICS_BIND" in complaints(folder)


def test_tls_is_asked_for_everywhere_at_once(
    folder: Path, change: Callable[[str, str], None], rendered: Callable[[], tuple[Path, Path]]
) -> None:
    for name in ("ca.pem", "broker.pem", "broker.key", "proxy.pem", "proxy.key"):
        (folder / name).write_text(name)
    change('# ca_file = "ca.pem"', 'ca_file = "ca.pem"')
    change(
        '# certificate_file = "broker.pem"\n# key_file', 'certificate_file = "broker.pem"\nkey_file'
    )
    change('# certificate_file = "proxy.pem"', 'certificate_file = "proxy.pem"')
    change('# key_file = "proxy.key"', 'key_file = "proxy.key"')
    change('# published = "0.0.0.0:5671"', 'published = "0.0.0.0:5671"')
    compose_folder, _ = rendered()
    assert "amqps://110101-grid:" in (compose_folder / "secrets" / "grid_amqp_uri").read_text()
    assert (
        "listeners.ssl.default = 5671" in (compose_folder / "broker" / "rabbitmq.conf").read_text()
    )
    assert (
        variables_of(compose_folder / "settings.env")["SSL_CERT_FILE"] == "/etc/linli/broker-ca.pem"
    )
    assert "listen 8443 ssl" in (compose_folder / "proxy" / "listen.conf").read_text()
    assert variables_of(compose_folder / ".env")["LINLI_PROXY_PORT"] == "8443"
    assert services_of(compose_folder)["broker"]["ports"] == ["0.0.0.0:5671:5671"]


def test_every_service_that_has_a_queue_is_scaled_by_it(
    folder: Path, change: Callable[[str, str], None]
) -> None:
    change("scaling = false", "scaling = true")
    district, _ = checked(folder)
    scaled = {
        one["metadata"]["name"] for one in scaled_objects(district) if one["kind"] == "ScaledObject"
    }
    assert scaled == {
        f"{name.replace('_', '-')}-api" for name in api_services() if consumed_by(name)
    }
    counted = {
        name
        for name in api_services()
        if kustomization_of(find_service(name), district, "00000000")["replicas"]
    }
    assert counted == {"organization"}


def test_a_new_district_counts_the_processes_of_each_service(folder: Path) -> None:
    document = tomllib.loads((folder / "district.toml").read_text())
    assert document["replicas"] == dict.fromkeys(api_services(), 1)


def test_an_optional_service_is_a_line_in_the_file_and_any_other_is_a_mistake(
    folder: Path, change: Callable[[str, str], None]
) -> None:
    assert "webhooks" not in load(folder).schemas
    change("webhooks = false", "webhooks = true")
    assert "webhooks" in load(folder).schemas
    change("webhooks = true", "webhook = true")
    assert "webhook: Unknown field." in complaints(folder)


def test_a_template_has_no_other_places_to_fill_in() -> None:
    for language in ("en", "zh"):
        assert isinstance(template(language), Template)
        assert set(template(language).get_identifiers()) == {"code", "version", "replicas"}
