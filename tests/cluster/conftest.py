"""A real Apache Kafka and a real PostgreSQL, started once; each test has a zone of its own."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.broker import BrokerError, resolve_jars
from deploy.cluster import Servers
from deploy.postgres import binaries
from tests.cluster.receiver import Dispatch
from tests.cluster.recording import Recording, record
from tests.cluster.trial import Trial, now
from tests.sites import site

READS = int(os.environ.get("ANPR_TEST_READS", "10000"))
"""How many reads a replay under fire has."""


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    if shutil.which("java") is None or binaries() is None:
        pytest.skip("needs Java 17 and a PostgreSQL server on this machine")
    try:
        resolve_jars()
    except BrokerError as error:
        pytest.skip(f"needs Kafka's jars: {error}")
    # Not pytest's own folder: the database's user must be let through it.
    folder = Path(tempfile.mkdtemp(prefix="zone-anpr-servers-"))
    folder.chmod(0o755)
    try:
        with Servers(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def without_refused_sockets() -> Iterator[None]:
    """Collect them here: kafka-python leaves a refused connection's socket to the collector."""
    yield
    gc.collect()


@pytest.fixture
def dispatch() -> Iterator[Dispatch]:
    with Dispatch() as dispatch:
        yield dispatch


@pytest.fixture
def trial(servers: Servers, dispatch: Dispatch, tmp_path: Path) -> Trial:
    return make_trial(servers, dispatch, tmp_path)


@pytest.fixture
def another(servers: Servers, tmp_path: Path) -> Iterator[Callable[[str], Trial]]:
    """Make more zones on the same servers, each with its own dispatch room."""
    with ExitStack() as rooms:
        yield lambda name: make_trial(servers, rooms.enter_context(Dispatch()), tmp_path / name)


def make_trial(servers: Servers, dispatch: Dispatch, folder: Path) -> Trial:
    folder.mkdir(exist_ok=True)
    return Trial(folder, servers, f"t{os.urandom(4).hex()}", dispatch)


@pytest.fixture(scope="session")
def recording() -> Recording:
    """The long replay."""
    return record(site(), READS, now())


@pytest.fixture(scope="session")
def short() -> Recording:
    """A shorter one, for the faults that need time more than reads."""
    return record(site(), max(1000, READS // 4), now(), seed=2)
