"""The brokers of the contract. A new adapter joins by a factory in `log_brokers`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.ports import Log, Place
from tests.pipeline.log_brokers import (
    BROKERS,
    NEEDS_KAFKA,
    Broker,
)
from tests.pipeline.log_contract.using import created


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("kafka", marks=NEEDS_KAFKA)],
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with BROKERS[request.param](tmp_path) as broker:
        yield broker


@pytest.fixture
def log(broker: Broker) -> Iterator[Log]:
    log = broker.open()
    yield log
    log.close()


@pytest.fixture
def topic(log: Log) -> str:
    return created(log, partitions=4)


@pytest.fixture
def single(log: Log) -> Place:
    return Place(created(log, partitions=1), 0)
