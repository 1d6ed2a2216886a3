"""The compose file is whole, asks for no default secret, and is what the script starts too."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from deploy.broker import COMPILER
from deploy.broker import FOLDER as KAFKA_FOLDER
from deploy.compose import COMPOSE, ComposeError, fill_in, read_compose
from deploy.postgres import SETTINGS
from deploy.prepare import DATABASE, prepare

ROOT = COMPOSE.parent
DOCUMENT: Mapping[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = DOCUMENT["services"]
OURS = [name for name, table in SERVICES.items() if "build" in table]

SERVICE_KEYS = {
    "image", "build", "user", "init", "read_only", "restart", "cap_drop", "security_opt", "tmpfs",
    "environment", "volumes", "networks", "depends_on", "stop_grace_period", "logging",
    "healthcheck", "command", "ports", "deploy", "shm_size", "secrets",
}  # fmt: skip

every_service = pytest.mark.parametrize("name", SERVICES)


def test_there_is_everything_that_a_zone_on_many_machines_needs() -> None:
    assert list(SERVICES) == [
        "kafka", "postgres", "ingest", "ocr", "rules", "sinks", "console", "prometheus", "grafana",
    ]  # fmt: skip
    replicas = {one.name: one.replicas for one in read_compose() if one.replicas != 1}
    assert replicas == {"ocr": 2, "rules": 2}


@every_service
def test_a_service_has_only_keys_that_compose_knows(name: str) -> None:
    assert SERVICES[name].keys() <= SERVICE_KEYS


@every_service
def test_a_service_tells_whether_it_is_healthy(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= check.keys()


@every_service
def test_a_service_is_not_root_and_cannot_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in {"root", "0", "0:0"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@every_service
def test_a_service_writes_nowhere_but_to_its_volumes(name: str) -> None:
    # The broker's image writes its settings beside its program.
    assert SERVICES[name].get("read_only", False) is (name != "kafka")


@every_service
def test_a_service_has_bounds_and_its_logs_too(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert SERVICES[name]["logging"]["options"]["max-size"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@every_service
def test_a_service_is_published_to_this_machine_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert port.startswith("127.0.0.1:")


@every_service
def test_an_image_is_named_with_its_version(name: str) -> None:
    image, _, version = SERVICES[name]["image"].partition(":")
    assert image
    assert version not in {"", "latest"}


@every_service
def test_what_a_service_mounts_exists_or_is_declared(name: str) -> None:
    service = SERVICES[name]
    for mount in service.get("volumes", ()):
        source = fill_in(mount, {}).split(":")[0]
        if source.startswith("./zone"):
            continue
        assert source in DOCUMENT["volumes"] or (ROOT / source).exists(), mount
    assert set(service.get("secrets", ())) <= DOCUMENT["secrets"].keys()
    assert set(service["networks"]) <= DOCUMENT["networks"].keys()
    assert set(service.get("depends_on", ())) <= SERVICES.keys()


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            is_secret = re.search("PASSWORD|SECRET|TOKEN|DATABASE", key)
            assert not is_secret or str(value).startswith(
                ("/run/secrets/", "file:/run/secrets/")
            ), f"{name}: {key}"
    for table in DOCUMENT["secrets"].values():
        assert table["file"].startswith("${ANPR_FOLDER:-./zone}/")


def test_what_the_file_takes_from_the_prepared_folder_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "zone"
    prepare(folder)
    environ = {"ANPR_FOLDER": str(folder)}
    for table in DOCUMENT["secrets"].values():
        assert Path(fill_in(table["file"], environ)).read_text("utf-8")
    assert (folder / "secrets" / DATABASE).read_text("utf-8").startswith("postgresql://")
    assert folder.stat().st_mode & 0o077 == 0


def test_a_prepared_folder_keeps_its_secrets(tmp_path: Path) -> None:
    prepare(tmp_path)
    before = {path: path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    prepare(tmp_path)
    assert {path: path.read_text("utf-8") for path in before} == before
    assert len(set(before.values())) == len(before) == 3


def test_the_broker_and_the_database_cannot_be_reached_from_outside() -> None:
    assert DOCUMENT["networks"]["inside"] == {"internal": True}
    for name in ("kafka", "postgres", "ocr", "rules", "prometheus"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", OURS)
def test_only_who_keeps_rows_waits_for_the_database(name: str) -> None:
    waits = {"kafka", "postgres"} if name in {"sinks", "console"} else {"kafka"}
    assert SERVICES[name]["depends_on"].keys() == waits


@pytest.mark.parametrize("name", OURS)
def test_each_of_ours_runs_the_stage_it_is_named_after(name: str) -> None:
    service = next(one for one in read_compose() if one.name == name)
    words = list(service.command)
    assert words[:2] == ["run", "/etc/anpr/site.toml"]
    assert words[words.index("--stage") + 1] == name
    assert service.environment["ANPR_KAFKA"] == "kafka:9092"
    assert service.environment["ANPR_DATABASE"] == f"file:/run/secrets/{DATABASE}"


def test_a_variable_without_a_default_must_be_set() -> None:
    assert fill_in("${A:-x}-${B:?set B}-$$", {"B": "y"}) == "x-y-$"
    with pytest.raises(ComposeError, match="set B"):
        fill_in("${B:?set B}", {})


def test_the_broker_of_the_compose_file_is_the_broker_of_the_tests() -> None:
    """The same version, and the same settings but for hosts, ports and folders."""
    pom = ET.parse(KAFKA_FOLDER / "pom.xml")  # noqa: S314 - our own file
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    versions = [version.text for version in pom.findall(".//m:dependency/m:version", names)]
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{versions[0]}"
    here = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    assert {key: value for key, value in _container_properties().items() if key not in here} == {
        key: value for key, value in _properties().items() if key not in here
    }


def test_the_database_of_the_compose_file_is_the_database_of_the_tests() -> None:
    service = next(one for one in read_compose() if one.name == "postgres")
    words = list(service.command)
    assert words[0] == "postgres"
    assert dict(word.split("=") for word in words[2::2]) == dict(SETTINGS)
    assert set(words[1::2]) == {"-c"}
    assert SERVICES["postgres"]["image"] == "postgres:15"


def _properties() -> Mapping[str, str]:
    text = (KAFKA_FOLDER / "server.properties").read_text("utf-8")
    lines = (line.partition("=") for line in text.splitlines() if line and line[0] != "#")
    return {key: value for key, _, value in lines}


def _container_properties() -> Mapping[str, str]:
    """Name the settings as the image does: KAFKA_LOG_DIRS is log.dirs."""
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in SERVICES["kafka"]["environment"].items()
        if name.startswith("KAFKA_") and name not in {"KAFKA_HEAP_OPTS", "KAFKA_OPTS"}
    }


def test_brokers_run_with_the_same_compiler() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_OPTS"] == COMPILER


def test_the_image_is_built_from_what_exists_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if re.match("COPY (?!--from)", line)]
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in (source for sources in copied for source in sources):
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == [SERVICES[name]["user"] for name in OURS][:1]
    assert "FROM python:3.11-slim" in lines
