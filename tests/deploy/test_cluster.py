"""The script starts what the compose file says, and nothing else."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.cluster import DATA, INSIDE, KAFKA, SITE, Cluster, Places
from deploy.compose import Service, read_compose
from deploy.processes import Process, ProcessError, wait_for
from tests.sites import SITE_TOML

OURS = [service for service in read_compose() if service.is_ours]
LISTEN = "127.0.0.1:4711"


class Address:
    """Where a server would be."""

    bootstrap = "127.0.0.1:19092"
    url = "postgresql://anpr:secret@127.0.0.1:15432/anpr"


class NoServers:
    """Servers that nobody has to start."""

    broker = Address()
    postgres = Address()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path, NoServers(), SITE_TOML, zone="rupel")  # type: ignore[arg-type]


def containers(places: Places, words: Mapping[str, str], text: str) -> str:
    """Turn a word of this machine back into the container's."""
    back = {str(places.site): SITE, str(places.data): DATA, places.bootstrap: KAFKA, **words}
    return back.get(text, text.replace(f"file:{places.secrets}/", "file:/run/secrets/"))


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_a_process_runs_its_services_command_with_this_machines_places(
    cluster: Cluster, service: Service
) -> None:
    command = cluster.places.command(service, LISTEN)
    back = [containers(cluster.places, {LISTEN: INSIDE}, word) for word in command]
    assert back == service.command
    assert not {SITE, DATA, INSIDE, KAFKA} & set(command)


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_a_process_has_its_services_variables_with_this_machines_places(
    cluster: Cluster, service: Service
) -> None:
    environment = cluster.places.environment(service)
    back = {name: containers(cluster.places, {}, word) for name, word in environment.items()}
    assert back == service.environment
    assert environment["ANPR_KAFKA"] == Address.bootstrap


def test_a_service_has_as_many_processes_as_replicas(cluster: Cluster) -> None:
    assert {one.name: one.replicas for one in cluster.services} == {
        service.name: service.replicas for service in OURS
    }


def test_the_secrets_of_the_site_are_looked_for_in_the_folder(tmp_path: Path) -> None:
    text = SITE_TOML.replace("env:TOKEN_A", "file:/run/secrets/token-a")
    cluster = Cluster(tmp_path, NoServers(), text)  # type: ignore[arg-type]
    assert f"file:{tmp_path}/secrets/token-a" in cluster.places.site.read_text("utf-8")
    written = (tmp_path / "secrets" / "database").read_text("utf-8")
    assert written == Address.url


def test_a_process_that_ended_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = Process("brief", 1, ["/bin/sh", "-c", "echo farewell"], os.environ, log)
    process.start()
    wait_for(lambda: process.has_ended, "it ends")
    with pytest.raises(ProcessError, match="farewell"):
        process.require_running()
    assert process.checks() == {}
    assert not process.is_ready()


def test_a_killed_process_is_not_one_that_ended_by_itself(tmp_path: Path) -> None:
    process = Process("long", 1, ["/bin/sleep", "60"], os.environ, tmp_path / "log")
    process.start()
    process.pause()
    process.require_running()
    process.kill()
    assert not process.has_ended
    with pytest.raises(ProcessError):
        process.require_running()
