"""What a case does when what it rests on changes: it is reopened, or it is withdrawn."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, update

from anpr.events import Access, LockTransit, SectionTransit, parse_event
from anpr.time import from_us
from sinks.cases.candidates import CaseEvent, is_candidate
from sinks.cases.ledger import Case, Doer, change, touched
from sinks.cases.life import SENT, Act, State
from sinks.cases.tables import case_images, cases
from sinks.delivery.ledger import TURN
from sinks.store.audit import MACHINE
from sinks.store.dialects import take_turn
from sinks.store.rows import Row

UNSAID = {"revision", "rule"}
"""What may differ between two revisions that say the same."""


def follow(connection: Connection, left: Iterable[Row], now: Iterable[Row], stored_us: int) -> None:
    """Let cases follow what became of their events, in the transaction that changes them."""
    before = {row["id"]: row["body"] for row in left}
    rows = {row["id"]: row["body"] for row in now if row["id"] in before}
    if not rows:
        return
    known = touched(connection, list(rows))
    if not known:
        return
    take_turn(connection, TURN)
    known = touched(connection, list(known))
    doer = Doer(MACHINE, MACHINE, from_us(stored_us))
    for id_, case in known.items():
        _follow(connection, case, _read(before[id_]), _read(rows[id_]), doer)


def _follow(
    connection: Connection, case: Case, before: CaseEvent, now: CaseEvent, by: Doer
) -> None:
    revision = {"revision": now.revision}
    if _said(before) == _said(now):
        if case.state is State.CANDIDATE:  # nobody has seen it: it is this revision that waits
            connection.execute(update(cases).where(cases.c.id == case.id).values(revision))
        return
    if case.state in SENT:
        change(connection, case, Act.WITHDRAW, by, reason=_why(now))
    elif not is_candidate(now):
        if case.state is not State.WITHDRAWN:
            change(connection, case, Act.LAPSE, by, reason=_why(now))
    elif case.state is State.CANDIDATE:
        connection.execute(update(cases).where(cases.c.id == case.id).values(revision))
    else:
        connection.execute(delete(case_images).where(case_images.c.case_id == case.id))
        change(
            connection,
            case,
            Act.REOPEN,
            by,
            reason="revised",
            facts=None,
            review=None,
            revision=now.revision,
        )


def _why(now: CaseEvent) -> str:
    if now.withdrawn:
        return "event_withdrawn"
    return "revised" if is_candidate(now) else now.reason


def _said(event: CaseEvent) -> dict[str, object]:
    return event.model_dump(exclude=UNSAID)


def _read(body: str | bytes) -> CaseEvent:
    event = parse_event(body)
    if not isinstance(event, SectionTransit | LockTransit | Access):
        raise TypeError(event.kind)
    return event
