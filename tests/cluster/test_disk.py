"""The disk of broker and database is full for a while: they may fall over, nothing is lost."""

import threading
from collections.abc import Callable

import pytest

from deploy.cluster import Servers
from deploy.processes import wait_for
from tests.cluster.recording import Recording
from tests.cluster.trial import Trial
from tests.disks import fill, small_disk

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # What kafka-python leaves behind of a connection that was refused or cut off.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("without_refused_sockets"),
]

SIZE_MB = 700
SPREAD_S, FULL_S = 15.0, 8.0


def test_a_full_disk_loses_nothing(
    can_serve: None, trial_on: Callable[..., Trial], short: Recording
) -> None:
    pause = threading.Event()
    with small_disk(SIZE_MB) as disk, Servers(disk / "servers") as small:
        ballast = disk / "ballast"
        trial = trial_on(small)
        trial.prepare(short)
        with trial.cluster({"rules": 1, "sinks": 1}) as cluster:
            cluster.wait_ready()
            (sinks,) = cluster.processes("sinks")
            feeding = trial.feeding(short.reads, len(short.reads) / SPREAD_S)
            pause.wait(SPREAD_S / 3)
            fill(ballast)
            pause.wait(FULL_S)
            wait_for(lambda: not sinks.is_ready(), "somebody says so")
            # An operator makes room, and starts again what gave up.
            ballast.unlink()
            small.broker.stop()
            small.broker.start()
            small.postgres.stop()
            small.postgres.start()
            feeding.join()
            trial.wait_through(cluster)
        trial.check(short)
