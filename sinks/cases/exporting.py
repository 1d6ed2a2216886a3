"""Cases on their way out: packages of accepted ones, withdrawals, and what receivers say."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, select, update

from anpr.errors import AnprError
from anpr.sites import Site
from anpr.time import to_us
from sinks.cases.ledger import TURN, Case, Doer, case_by_id, change, find_cases, history_of
from sinks.cases.life import MOVES, NOT_PACKED, Act, State
from sinks.cases.tables import cases
from sinks.delivery import ledger as delivery
from sinks.delivery.courier import receivers_of
from sinks.delivery.ledger import Consignment, consign
from sinks.evidence.exporting import Exported, export
from sinks.evidence.facts import Facts, ReviewFacts
from sinks.evidence.package import Pictures
from sinks.evidence.packing import Packer
from sinks.store.audit import MACHINE
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.people import Account

log = structlog.get_logger()

MOST = 100_000
"""More cases than a zone accepts before it exports them."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one case: its package, or why it stays accepted."""

    case: str
    facts: Facts
    path: Path | None
    problem: str = ""


def accepted(connection: Connection) -> Sequence[Case]:
    """Give the cases that the next export takes, oldest first."""
    return find_cases(connection, MOST, states=[State.ACCEPTED], oldest_first=True)


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
) -> Iterator[Sent]:
    """Write the package of each accepted case, and only then call it exported.

    What an interruption leaves accepted is written again by the next export, under the same name;
    of two exports at once the second waits, so that none writes over what the other has sent.
    Raises SigningKeyError.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(out):
        with engine.connect() as connection:
            waiting = accepted(connection)
        found = [(case, facts) for case in waiting if (facts := facts_of(case)) is not None]
        written = export((facts for _, facts in found), packer, images, out, now)
        by = Doer(account.name, account.role_text, now, "case_export")
        for (case, _), one in zip(found, written, strict=True):
            yield _exported(engine, site, case, one, by)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process exports into a folder."""
    turn = os.open(folder, os.O_RDONLY)
    try:
        flock(turn, LOCK_EX)  # let go when it is closed, or its process ends
        yield
    finally:
        os.close(turn)


def _exported(engine: Engine, site: Site, case: Case, one: Exported, by: Doer) -> Sent:
    with writing(engine) as connection:
        take_turn(connection, TURN)
        if one.path is None:
            _note_failure(connection, case, one.problem, by)
            return Sent(case.id, one.facts, None, one.problem)
        if case_by_id(connection, case.id) != case:
            one.path.unlink()
            return Sent(case.id, one.facts, None, "somebody changed the case meanwhile")
        change(
            connection, case, Act.EXPORT, by, exported_us=to_us(by.now),
            told={"package": one.path.name},
        )  # fmt: skip
        consign(connection, case.id, one.path, receivers_of(site, case.kind), by.now)
    return Sent(case.id, one.facts, one.path)


def _note_failure(connection: Connection, case: Case, problem: str, by: Doer) -> None:
    """Let the case say why it was not packed, once as long as the reason is the same."""
    last = history_of(connection, case.id)[-1:]
    is_known = any(line.act is Act.FAIL and line.note == problem for line in last)
    if not is_known and case_by_id(connection, case.id) == case:
        change(connection, case, Act.FAIL, by, reason=NOT_PACKED, note=problem)


def send_withdrawals(engine: Engine, site: Site, packer: Packer, out: Path, now: datetime) -> int:
    """Write the withdrawals that are owed, and hand them to the courier; tell how many."""
    owed = select(cases.c.id).where(cases.c.owes_withdrawal.is_(True)).order_by(cases.c.id)
    with engine.connect() as connection:
        ids = connection.scalars(owed).all()
    for id_ in ids:
        with writing(engine) as connection:
            take_turn(connection, TURN)
            case = case_by_id(connection, id_)
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = packer.withdraw(id_, case.revision, case.reason or "withdrawn", out, now)
            consign(connection, id_, path, receivers_of(site, case.kind), now)
            paid = update(cases).where(cases.c.id == id_).values(owes_withdrawal=False)
            connection.execute(paid)
    return len(ids)


def hear(connection: Connection, one: Consignment) -> None:
    """Let a case know what its receiver said of its package (a courier's `told`)."""
    act = {delivery.State.RECEIVED: Act.RECEIVE, delivery.State.REFUSED: Act.REFUSE}.get(one.state)
    if act is None:
        return
    take_turn(connection, TURN)
    try:
        case = case_by_id(connection, one.case)
    except AnprError:  # erased meanwhile
        return
    if case.state in MOVES[act]:
        now = one.answered_at or one.created_at
        by = Doer(MACHINE, MACHINE, now)
        change(connection, case, act, by, reason=one.receiver, note=one.answer)
