"""A zone on Kafka and PostgreSQL, undisturbed: alone, beside another, growing and shrinking."""

import threading
from collections.abc import Callable
from random import SystemRandom

import pytest

from anpr.topics import READS
from deploy.cluster import Servers
from deploy.ports import free_port
from pipeline.doctor import Patient, Verdict, diagnose
from pipeline.settings import RunSettings
from tests.cluster.recording import Recording, events_of
from tests.cluster.trial import Trial, now

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]


def test_many_processes_make_what_one_makes(trial: Trial, short: Recording) -> None:
    trial.prepare(short)
    with trial.cluster() as cluster:
        trial.feed(short.reads)
        trial.wait_through(cluster)
    trial.check(short)
    assert trial.dispatch.acted, "the recording has wanted plates"
    kinds = {event.kind for event in events_of(short).values()}
    assert kinds >= {"hit", "section_transit", "lock_transit", "access"}


def test_processes_come_and_go_while_reads_flow(trial: Trial, short: Recording) -> None:
    """Partitions follow; each new owner rebuilds what it needs. A storm: no pause in between."""
    trial.prepare(short)
    seconds = 24.0
    pause, draw = threading.Event(), SystemRandom()
    with trial.cluster({"rules": 1, "sinks": 1}) as cluster:
        cluster.wait_ready()
        feeding = trial.feeding(short.reads, len(short.reads) / seconds)
        for count in (2, 3, 1, 3, 2, 1, 3, 1):
            cluster.scale("rules", count)
            cluster.scale("sinks", draw.choice((1, 2)))
            pause.wait(seconds / 10)
        feeding.join()
        trial.wait_through(cluster)
    trial.check(short)


def test_zones_on_one_cluster_do_not_see_each_other(
    servers: Servers, trial_on: Callable[..., Trial], short: Recording
) -> None:
    left, right = trial_on(servers, "left"), trial_on(servers, "right")
    halves = {left: short.reads[::2], right: short.reads[1::2]}
    with left.cluster({"rules": 1, "sinks": 1}), right.cluster({"rules": 1, "sinks": 1}):
        for trial, reads in halves.items():
            trial.prepare(short)
            trial.feed(reads)
        for trial in halves:
            trial.wait_through()
    for trial, reads in halves.items():
        trial.check(short)
        with trial.log() as log:
            assert len(log.read(READS)) == len(reads)


def test_the_doctor_finds_a_zone_on_servers_well(trial: Trial, short: Recording) -> None:
    def found() -> list[str]:
        settings = RunSettings(trial.folder, trial.mode, port=free_port())
        site_file = trial.folder / "site.toml"
        patient = Patient(site_file, settings, now, lambda reference: reference)
        findings = diagnose(patient)
        assert [one for one in findings if one.verdict is Verdict.FAILURE] == []
        return [one.told for one in findings if one.check in {"log", "store"}]

    (trial.folder / "site.toml").write_text(trial.site_text, encoding="utf-8")
    log, server, tables = found()
    assert log.endswith("topics in order: 0; to be made: 7")
    assert server.startswith("PostgreSQL 1")
    assert tables == "no tables yet: the first start makes them"
    trial.prepare(short)
    with trial.store():
        log, _, tables = found()
    assert log.endswith("topics in order: 7")
    assert tables.startswith("its tables are of this program's version")
