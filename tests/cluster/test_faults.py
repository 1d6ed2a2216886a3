"""What may go wrong while reads flow, on a real broker and a real database. After each fault every
acknowledged read is in one passage, the events are those of one undisturbed process, and nobody was
told twice.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from random import Random, SystemRandom

import pytest

from anpr.events import PlateRead
from anpr.ports import Record
from anpr.topics import EVENTS, PASSAGES, READS
from deploy.cluster import Cluster
from deploy.processes import Process, wait_for
from pipeline.settings import RunSettings
from pipeline.wiring import secret_resolver
from pipeline.zone import running
from tests.cluster.recording import Recording
from tests.cluster.trial import Trial, now

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    # What kafka-python leaves behind of a connection that was refused or cut off.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("without_refused_sockets"),
]

SPREAD_S = 15.0
"""Over how long the reads come, so that the fault meets them."""

KILLS_A_MINUTE = 20
PATIENT_S = 7 * 86_400
"""A day of traffic goes by in minutes here, the usual `stall_s` in one: whoever waits that long for
a killed process would be past it. What that costs, and whom it spares, tests/pipeline/test_stall.py
shows; here is shown that of kills alone nothing is lost."""

AWAY_S = 60.0
HUNG_S = 13.0
"""Longer than the session of a group's member."""


@contextmanager
def flowing(trial: Trial, recording: Recording, seconds: float = SPREAD_S) -> Iterator[Cluster]:
    """Let reads flow through two processes a stage while the block disturbs them; then compare."""
    trial.prepare(recording)
    with trial.cluster() as cluster:
        cluster.wait_ready()
        feeding = trial.feeding(recording.reads, len(recording.reads) / seconds)
        try:
            yield cluster
        finally:
            feeding.join()
        trial.wait_through(cluster)
    trial.check(recording)


def test_every_stage_is_killed_at_random_moments(trial: Trial, recording: Recording) -> None:
    patient = trial.site_text.replace("[site]", f"[site]\nstall_s = {PATIENT_S}")
    trial = replace(trial, site_text=patient)
    recording = replace(recording, site=trial.site)
    seed = SystemRandom().randrange(10**6)
    moments = Random(seed)  # noqa: S311 - when to kill whom
    pause = threading.Event()
    seconds = max(60.0, len(recording.reads) / 400)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    with flowing(trial, recording, seconds) as cluster:
        for _ in range(int(seconds / 60 * KILLS_A_MINUTE)):
            pause.wait(moments.uniform(0.0, 2 * 60 / KILLS_A_MINUTE))
            victim = moments.choice(cluster.processes())
            victim.kill()
            victim.start()


def test_the_broker_stops_and_comes_back(trial: Trial, short: Recording) -> None:
    pause, broker = threading.Event(), trial.servers.broker
    with flowing(trial, short, 2 * SPREAD_S) as cluster:
        pause.wait(SPREAD_S / 3)
        broker.stop()
        wait_for(lambda: all(says(one, "log") for one in cluster.processes()), "all say so")
        broker.start()
        cluster.wait_ready()
        broker.kill()
        broker.start()


def test_the_database_is_away_for_a_minute(trial: Trial, short: Recording) -> None:
    pause, postgres = threading.Event(), trial.servers.postgres
    with flowing(trial, short, AWAY_S / 2) as cluster:
        pause.wait(SPREAD_S / 3)
        postgres.stop()
        pause.wait(AWAY_S)
        assert all(says(one, "store") for one in cluster.processes("sinks"))
        restarted = cluster.processes("rules")[0]
        restarted.kill()
        restarted.start()
        cluster.wait_ready("rules")  # which go on, and start
        postgres.start()
        cluster.wait_ready()
        postgres.kill()
        postgres.start()


def says(process: Process, check: str) -> bool:
    """Whether a process tells that something it needs is not well."""
    return process.checks().get(check, "ok") != "ok"


def test_processes_hang_longer_than_their_session_and_wake_up(
    trial: Trial, short: Recording
) -> None:
    """Others take over; who wakes may no longer commit, and what they wrote is the same."""
    pause = threading.Event()
    with flowing(trial, short) as cluster:
        pause.wait(SPREAD_S / 4)
        hung = [cluster.processes(service)[0] for service in ("rules", "sinks")]
        for process in hung:
            process.pause()
        pause.wait(HUNG_S)
        for process in hung:
            process.resume()


def test_a_stage_stands_still_for_two_hours_between_an_entry_and_its_exit(
    trial: Trial, short: Recording
) -> None:
    """Two hours by the reads' own time; their second half comes while nobody works."""
    end = max(read.captured_at for read in short.reads)
    entry, exit_ = (
        PlateRead(
            camera=camera, captured_at=at, received_at=at, plate="1STL777", confidence=0.98,
            vehicle={"class": "truck", "confidence": 0.95},
        )
        for camera, at in (("c", end - timedelta(hours=2, minutes=1)), ("d", end))
    )  # fmt: skip
    reads = sorted((*short.reads, entry, exit_), key=lambda read: read.received_at or end)
    with_pair = Recording(short.site, reads, short.parts)
    stop_at = reads.index(entry) + 1
    trial.prepare(with_pair)
    with trial.cluster() as cluster:
        trial.feed(reads[:stop_at])
        trial.wait_through(cluster)
        cluster.scale("rules", 0)
        trial.feed(reads[stop_at:])
        cluster.scale("rules", 2)
        trial.wait_through(cluster)
    trial.check(with_pair)


def test_what_cannot_be_understood_is_put_aside_and_the_rest_goes_on(
    trial: Trial, short: Recording
) -> None:
    poison = (b"", b"\xff\xfe\x00", b"{", b"[]", b'{"camera": "a"}', b"x" * 900_000)
    trial.prepare(short)
    with trial.cluster({"rules": 1, "sinks": 1}) as cluster, trial.log() as log:
        half = len(short.reads) // 2
        trial.feed(short.reads[:half])
        for topic in (READS, PASSAGES, EVENTS):
            for number, value in enumerate(poison):
                log.append(topic, Record(f"poison-{number}", value, {"odd": "\u0000é"}))
        log.flush()
        trial.feed(short.reads[half:])
        trial.wait_through(cluster)
    # Passages are read by rules and by the store, events by the store and by alerts.
    trial.check(short, letters=5 * len(poison))


def test_everything_comes_twice(trial: Trial, short: Recording) -> None:
    """Reads twice, at once and again later; passages and events again, in another order."""
    trial.prepare(short)
    half = len(short.reads) // 2
    twice = list(chain.from_iterable((read, read) for read in short.reads))
    with trial.cluster() as cluster:
        trial.feed([*twice, *short.reads[:half]])
        trial.wait_through(cluster)
        with trial.log() as log:
            for topic in (PASSAGES, EVENTS):
                for message in reversed(log.read(topic)):
                    log.append(topic, message.record)
            log.flush()
        trial.wait_through(cluster)
    trial.check(short)


def test_clocks_are_wrong(trial: Trial, short: Recording) -> None:
    """Cameras an hour fast, three days slow, back in 1970; and one whose reads say no receipt."""
    wrong = {"a": timedelta(hours=1), "d": timedelta(days=-3), "f": timedelta(days=-20_000)}
    reads = [
        PlateRead.model_validate(
            {
                **read.model_dump(mode="json", exclude={"id"}),
                "captured_at": read.captured_at + wrong.get(read.camera, timedelta(0)),
            }
        )
        for read in short.reads
    ]
    skewed = Recording(short.site, reads, short.parts)
    trial.prepare(skewed)
    with trial.cluster() as cluster:
        trial.feed(reads)
        trial.wait_through(cluster)
    trial.check(skewed)


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_clock_of_a_process_is_hours_wrong(trial: Trial, short: Recording, hours: int) -> None:
    trial.prepare(short)
    settings = RunSettings(trial.folder, trial.mode, port=0, stages=frozenset({"rules", "sinks"}))
    secret = secret_resolver(trial.secrets)

    def wrong() -> datetime:
        return now() + timedelta(hours=hours)

    with running(trial.site, trial.site_text, settings, wrong, secret):
        trial.feed(short.reads)
        trial.wait_through()
    trial.check(short)
