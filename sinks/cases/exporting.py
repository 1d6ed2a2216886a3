"""Cases on their way out: packages of accepted ones, and withdrawals."""

import os
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, func, select, update

from anpr.sites import Site
from anpr.time import to_us
from sinks.cases.batch import Batch
from sinks.cases.ledger import Case, Doer, case_by_id, change, find_cases, history_of
from sinks.cases.life import NOT_PACKED, Act, State
from sinks.cases.tables import cases
from sinks.delivery.courier import receivers_of
from sinks.delivery.ledger import TURN, Kind, consign
from sinks.evidence.exporting import export
from sinks.evidence.facts import Facts, ReviewFacts
from sinks.evidence.package import Pictures
from sinks.evidence.packing import Packer
from sinks.evidence.report.batch import row_of
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import Cursor

log = structlog.get_logger()

PAGE = 100
"""So many cases are read at once: the facts of each may be long."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one case: its package, or why it stays accepted."""

    case: str
    path: Path | None
    problem: str = ""


def count_accepted(connection: Connection) -> int:
    """Count the cases that the next export takes."""
    wanted = select(func.count()).where(cases.c.state == State.ACCEPTED.value)
    return connection.scalar(wanted) or 0


def facts_of(case: Case) -> Facts | None:
    """Give the facts that were frozen at the review, with what the officer found."""
    if case.facts is None:
        return None
    facts = Facts.model_validate_json(case.facts)
    return (
        facts
        if case.review is None
        else facts.reviewed(ReviewFacts.model_validate_json(case.review))
    )


def export_cases(
    engine: Engine,
    site: Site,
    packer: Packer,
    images: Pictures,
    out: Path,
    account: Account,
    now: datetime,
    also: Path | None = None,
) -> Generator[Sent]:
    """Write the package of each accepted case, and only then call it exported, one by one.

    What an interruption leaves accepted is written again by the next export, under the same name,
    and told with what went before it; of two exports at once the second waits, so that none writes
    over what the other has sent. `also` gets a copy of everything. Raises SigningKeyError.
    """
    packer.prepare()
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    by = Doer(account.name, account.role_text, now, "case_export")
    begun: deque[Case] = deque()
    with _alone_in(out):
        batch = Batch(out, also)
        for one in export(_begin(engine, begun), packer, images, out, now):
            case = begun.popleft()
            if one.path is None:
                yield _failed(engine, case, one.problem, by)
            else:
                batch.add(row_of(one.facts), one.path)
                sent = _exported(engine, site, case, one.path, by)
                if sent.path is None:
                    batch.drop(one.path)
                yield sent
        batch.end(engine, site, now)


def _begin(engine: Engine, begun: deque[Case]) -> Iterator[Facts]:
    """Give the facts of the accepted cases, and note which were begun."""
    for case in _accepted(engine):
        if (facts := facts_of(case)) is not None:
            begun.append(case)
            yield facts


def _accepted(engine: Engine) -> Iterator[Case]:
    """Read the accepted cases page by page, oldest first."""
    cursor: Cursor | None = None
    states = [State.ACCEPTED]
    while True:
        with engine.connect() as connection:
            page = find_cases(
                connection, PAGE, states=states, after_=cursor, oldest_first=True, whole=True
            )
        yield from page
        if len(page) < PAGE:
            return
        cursor = Cursor.after(page[-1])


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process exports into a folder."""
    turn = os.open(folder, os.O_RDONLY)
    try:
        flock(turn, LOCK_EX)  # let go when it is closed, or its process ends
        yield
    finally:
        os.close(turn)


def _exported(engine: Engine, site: Site, case: Case, path: Path, by: Doer) -> Sent:
    with writing(engine) as connection:
        take_turn(connection, TURN)
        if case_by_id(connection, case.id) != case:
            return Sent(case.id, None, "somebody changed the case meanwhile")
        told = {"package": path.name}
        change(connection, case, Act.EXPORT, by, exported_us=to_us(by.now), told=told)
        consign(connection, case.id, path, receivers_of(site, case.kind), by.now)
    return Sent(case.id, path)


def _failed(engine: Engine, case: Case, problem: str, by: Doer) -> Sent:
    """Let the case say why it was not packed, once as long as the reason is the same."""
    with writing(engine) as connection:
        take_turn(connection, TURN)
        last = history_of(connection, case.id)[-1:]
        is_known = any(line.act is Act.FAIL and line.note == problem for line in last)
        if not is_known and case_by_id(connection, case.id) == case:
            change(connection, case, Act.FAIL, by, reason=NOT_PACKED, note=problem)
    return Sent(case.id, None, problem)


def send_withdrawals(engine: Engine, site: Site, packer: Packer, out: Path, now: datetime) -> int:
    """Write the withdrawals that are owed, and hand them to the courier; tell how many."""
    owed = select(cases.c.id).where(cases.c.owes_withdrawal.is_(True)).order_by(cases.c.id)
    with engine.connect() as connection:
        ids = connection.scalars(owed).all()
    for id_ in ids:
        with engine.connect() as connection:
            case = case_by_id(connection, id_)
        path = packer.withdraw(id_, case.revision, case.reason or "withdrawn", out, now)
        with writing(engine) as connection:
            take_turn(connection, TURN)
            if not case_by_id(connection, id_).owes_withdrawal:  # somebody else has just sent it
                continue
            receivers = receivers_of(site, case.kind)
            consign(connection, id_, path, receivers, now, Kind.WITHDRAWAL)
            paid = update(cases).where(cases.c.id == id_).values(owes_withdrawal=False)
            connection.execute(paid)
    return len(ids)
