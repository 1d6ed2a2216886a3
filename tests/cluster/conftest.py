"""A real Apache Kafka and a real PostgreSQL, started once; each test has a zone of its own."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from deploy.broker import BrokerError, resolve_jars
from deploy.cluster import Servers
from deploy.postgres import binaries
from tests.cluster.receiver import Dispatch
from tests.cluster.recording import Recording, record
from tests.cluster.trial import Trial, now
from tests.conftest import SURVIVED
from tests.sites import site

READS = int(os.environ.get("ANPR_TEST_READS", "10000"))
"""How many reads a replay under fire has."""


SHORT_READS = 2500
"""How many those faults get that need time more than reads: forty minutes of traffic, so that
nobody stands still for more of it than a zone allows.
"""


@pytest.fixture(scope="session")
def can_serve() -> None:
    """Skip where a broker and a database cannot be started and stopped at will."""
    if "KAFKA_BOOTSTRAP" not in os.environ:
        pytest.skip("takes minutes: make test-cluster runs it, and continuous integration")
    if shutil.which("java") is None or binaries() is None:
        pytest.skip("needs Java 17 and a PostgreSQL server on this machine")
    try:
        resolve_jars()
    except BrokerError as error:
        pytest.skip(f"needs Kafka's jars: {error}")


@pytest.fixture(scope="session")
def servers(can_serve: None) -> Iterator[Servers]:
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
def trial_on(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Callable[..., Trial]]:
    """Make zones on some servers, each with a dispatch room of its own."""
    with ExitStack() as rooms:

        def make(servers: Servers, name: str = "zone") -> Trial:
            (tmp_path / name).mkdir()
            dispatch = rooms.enter_context(Dispatch())
            zone = f"t{os.urandom(4).hex()}"
            told = partial(record_property, SURVIVED)
            return Trial(tmp_path / name, servers, zone, dispatch, told)

        yield make


@pytest.fixture
def trial(servers: Servers, trial_on: Callable[..., Trial]) -> Trial:
    return trial_on(servers)


@pytest.fixture(scope="session")
def recording() -> Recording:
    """The long replay."""
    return record(site(), READS, now())


@pytest.fixture(scope="session")
def short() -> Recording:
    """A shorter one, for the faults that need time more than reads."""
    return record(site(), SHORT_READS, now(), seed=2)
