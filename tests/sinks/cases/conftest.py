"""A case in a store, a desk to decide it at, and keys to pack it with."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sinks.cases.deciding import Desk, Seen
from sinks.evidence.facts import CaseEvent
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.store.people import Account
from sinks.store.rights import Role
from tests.sinks.build import T0
from tests.sinks.evidence.cases import Pictures, stored
from tests.sinks.evidence.cases import zone_site as plain_site

AN, BO = (Account(name, frozenset({Role.TRAFFIC_OFFICER})) for name in ("an", "bo"))
NEW = Seen(0)
NOW = T0 + timedelta(days=1)


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def event(engine: Engine, pictures: Pictures) -> CaseEvent:
    return stored(engine, pictures)


@pytest.fixture
def desk(engine: Engine, pictures: Pictures, event: CaseEvent) -> Desk:
    return Desk(engine, plain_site(), pictures, lambda: NOW)


@pytest.fixture
def packer(tmp_path: Path) -> Packer:
    KeyRing(tmp_path / "keys").create(T0)
    return Packer(tmp_path / "keys", plain_site().evidence, str)
