"""A zone that sends one package, with the clock of the test."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from anpr.sites import Site
from sinks.delivery.courier import Courier, receivers_of, ways
from sinks.delivery.ledger import (
    Consignment,
    State,
    consign,
    of_cases,
)
from sinks.store.engine import writing
from tests.sinks.build import site
from tests.sinks.conftest import Clock
from tests.sinks.delivery.servers import PASSWORD

CASE = "case-1"
CONTENT = b"a package of evidence"
HOUR = timedelta(hours=1)
BY_SECRET = {"secret": "env:TRAFFIC"}


def zone(**receiver: Any) -> Site:
    return site(receivers={"traffic": receiver})


class Zone:
    """A courier on a store, with the clock of the test."""

    def __init__(
        self, engine: Engine, clock: Clock, settings: Site, secret: str = PASSWORD
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.told: list[tuple[str, State]] = []
        self.settings = settings
        self.courier = Courier(engine, ways(settings, lambda _: secret, clock), clock, self._told)

    def _told(self, _: Connection, one: Consignment) -> None:
        self.told.append((one.case, one.state))

    def consign(self, path: Path) -> None:
        with writing(self.engine) as connection:
            names = receivers_of(self.settings, "section_transit")
            consign(connection, CASE, path, names, self.clock())

    def one(self) -> Consignment:
        with self.engine.connect() as connection:
            (found,) = of_cases(connection, [CASE])[CASE]
        return found
