"""Two officers at a desk, and cases as far as a test needs them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from anpr.sites import Site
from sinks.cases.deciding import Acceptance, Desk, Registry, Seen
from sinks.cases.exporting import export_cases
from sinks.cases.ledger import Case, case_by_id
from sinks.evidence.facts import CaseEvent
from sinks.evidence.packing import Packer
from sinks.store.people import Account
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0
from tests.sinks.evidence.cases import Pictures, stored, truck_through
from tests.sinks.evidence.cases import zone_site as plain_site

AN, BO = (Account(name, frozenset({Role.TRAFFIC_OFFICER})) for name in ("an", "bo"))
NEW = Seen(0)
NOW = T0 + timedelta(days=1)


def case(engine: Engine, id_: str) -> Case:
    with engine.connect() as connection:
        return case_by_id(connection, id_)


def judged_anew(engine: Engine, event: CaseEvent, **changes: Any) -> None:
    said = {**event.model_dump(by_alias=True), "revision": event.revision + 1, **changes}
    changed = type(event).model_validate(said)
    StoreWriter(engine, lambda: NOW).write([], [changed])


def accepted(desk: Desk, event: CaseEvent) -> Case:
    found = desk.review(AN, event.id, NEW, "1-abc-234")
    return desk.accept(AN, event.id, Seen(found.version), Acceptance(Registry.AGREES, "PV 1", "44"))


def exported(desk: Desk, event: CaseEvent, packer: Packer, out: Path, site: Site) -> Case:
    accepted(desk, event)
    (sent,) = export_cases(desk.engine, site, packer, desk.images, out, AN, NOW)
    assert sent.path is not None, sent.problem
    return case(desk.engine, event.id)


def several(desk: Desk, engine: Engine, pictures: Pictures, count: int) -> None:
    """Have several cases accepted, one after the other in time."""
    first = stored(engine, pictures, truck_through())
    for number in range(count):
        said = {"id": f"{first.id}-{number}", "at": T0 + timedelta(seconds=number)}
        one = first.model_copy(update=said)
        if number:
            StoreWriter(engine, lambda: T0).write([], [one])
        accepted(desk, one if number else first)


def receiving_site(tmp_path: Path) -> Site:
    receivers = {"parket": {"to": f"folder:{tmp_path}/in"}}
    return Site.model_validate({**plain_site().model_dump(by_alias=True), "receivers": receivers})
