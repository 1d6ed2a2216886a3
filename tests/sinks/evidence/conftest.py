"""A key ring, and a package that is whole."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sinks.evidence.facts import Facts
from sinks.evidence.keys import KeyRing
from tests.sinks.build import T0
from tests.sinks.evidence.cases import Pictures, facts_of

SIGNED_AT = T0 + timedelta(days=2)


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def facts(engine: Engine, pictures: Pictures) -> Facts:
    return facts_of(engine, pictures)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    ring = KeyRing(tmp_path / "keys")
    ring.create(T0)
    return ring
