"""The ledger of cases: what stands in the store, and the one way in which a case changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    false,
    insert,
    null,
    or_,
    select,
    update,
)

from anpr.events import Access, LockTransit, SectionTransit, parse_event
from anpr.time import from_us, to_us
from sinks.cases.candidates import IS_CANDIDATE, CaseEvent, is_candidate, subject_of
from sinks.cases.life import CLOSED, SENT, Act, CaseError, State, after
from sinks.cases.tables import case_history, cases
from sinks.store.audit import append_audit
from sinks.store.dialects import among
from sinks.store.questions import Cursor, HeldBack, Period, within
from sinks.store.schema import events

BRIEF = tuple(
    null().label(column.name) if column.name in {"facts", "review"} else column
    for column in cases.c
)
"""A case without what makes it long."""


class NoSuchCaseError(CaseError):
    """There is no case of this id; `anpr case list` names them."""


class StaleCaseError(CaseError):
    """Somebody else has changed the case since it was looked at. Look at it again."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. `version` 0: nobody has touched it yet."""

    id: str
    kind: str
    subject: str
    plate: str
    at: datetime
    revision: int
    state: State = State.CANDIDATE
    reason: str = ""
    version: int = 0
    facts: str | None = None
    review: str | None = None
    exported_at: datetime | None = None
    owes_withdrawal: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def is_blind(self) -> bool:
        """Whether its plate is hidden: whoever looks next types what the pictures show."""
        return self.state in {State.CANDIDATE, State.REJECTED}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a case's history."""

    version: int
    at: datetime
    account: str
    act: Act
    before: State
    after: State
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Who changes a case, when, and under which name the audit keeps it."""

    name: str
    role: str
    now: datetime
    action: str = "case"


def case_by_id(connection: Connection, id_: str) -> Case:
    """Give a case, touched or not. Raises NoSuchCaseError."""
    row = connection.execute(select(cases).where(cases.c.id == id_)).first()
    if row is not None:
        return _case(row)
    event = event_of(connection, id_)
    if event is None or not is_candidate(event):
        msg = f"there is no case {id_!r}; `anpr case list` names those there are"
        raise NoSuchCaseError(msg)
    return candidate(event)


def event_of(connection: Connection, id_: str) -> CaseEvent | None:
    """Give the event of a case as it stands now; None where it is gone or withdrawn."""
    wanted = select(events.c.body).where(events.c.id == id_, events.c.withdrawn.is_(False))
    body = connection.scalar(wanted)
    event = None if body is None else parse_event(body)
    return event if isinstance(event, SectionTransit | LockTransit | Access) else None


def candidate(event: CaseEvent) -> Case:
    """Make the case of an event that nobody has touched."""
    return Case(event.id, event.kind, subject_of(event), event.plate, event.at, event.revision)


def touched(connection: Connection, ids: Collection[str]) -> dict[str, Case]:
    """Give those of these cases that somebody has touched, in brief."""
    found = select(*BRIEF).where(among(connection, cases.c.id, ids))
    return {row.id: _case(row) for row in connection.execute(found)}


def cases_of(connection: Connection, found: Iterable[object]) -> dict[str, Case]:
    """Give the cases of those events that are one, touched or not, in brief."""
    own = [one for one in found if isinstance(one, CaseEvent)]
    fresh = {one.id: candidate(one) for one in own if is_candidate(one)}
    return {**fresh, **touched(connection, [one.id for one in own])}


def find_cases(
    connection: Connection,
    limit: int,
    *,
    states: Collection[State] = (),
    period: Period | None = None,
    kind: str | None = None,
    held: Sequence[HeldBack] = (),
    after_: Cursor | None = None,
    oldest_first: bool = False,
    whole: bool = False,
) -> list[Case]:
    """Give cases by when they happened, newest first; those of no state in `states` left out.

    Only `whole` ones come with their facts and what the officer found: these may be long.
    """
    known = select(*(cases.c if whole else BRIEF)).where(
        cases.c.state.in_(states) if states else ~false()
    )
    fresh = select(events.c.body).where(
        IS_CANDIDATE,
        events.c.withdrawn.is_(False),
        ~exists().where(cases.c.id == events.c.id),
        *(one.leaves_out for one in held),
    )
    if period is not None:
        known, fresh = known.where(*within(cases, period)), fresh.where(*within(events, period))
    if kind is not None:
        known, fresh = known.where(cases.c.kind == kind), fresh.where(events.c.kind == kind)
    found = []
    for table, wanted in ((cases, known), (events, fresh)):
        if table is events and states and State.CANDIDATE not in states:
            continue
        ordered = (
            wanted.where(_beyond(table, after_, oldest_first))
            .order_by(*((c if oldest_first else c.desc()) for c in (table.c.at_us, table.c.id)))
            .limit(limit)
        )
        rows = connection.execute(ordered).all()
        found += [_case(row) if table is cases else _fresh(row.body) for row in rows]
    found.sort(key=lambda one: (one.at, one.id), reverse=not oldest_first)
    return found[:limit]


def history_of(connection: Connection, id_: str) -> list[Change]:
    """Give what was done to a case, oldest first."""
    wanted = select(case_history).where(case_history.c.case_id == id_)
    return [
        Change(
            row.version, from_us(row.at_us), row.account, Act(row.act), State(row.before),
            State(row.after), row.reason, row.note,
        )
        for row in connection.execute(wanted.order_by(case_history.c.version))
    ]  # fmt: skip


def change(
    connection: Connection,
    case: Case,
    act: Act,
    by: Doer,
    *,
    reason: str = "",
    note: str = "",
    told: Mapping[str, object] | None = None,
    **values: Any,
) -> Case:
    """Change a case, write its history and the audit; give it as it stands then.

    To be called within a transaction that has taken its turn (`take_turn(connection, TURN)`).
    `told` goes into the audit, `values` into the row. Raises WrongStateError.
    """
    state = after(case.state, act)
    now_us = to_us(by.now)
    row = {
        "revision": case.revision,
        "state": state.value,
        "reason": reason,
        "version": case.version + 1,
        "changed_us": now_us,
        "changed_by": by.name,
        "closed_us": now_us if state in CLOSED else None,
        "owes_withdrawal": state is State.WITHDRAWN and case.state in SENT,
        **values,
    }
    if case.version == 0:
        new = {"id": case.id, "kind": case.kind, "subject": case.subject, "plate": case.plate}
        connection.execute(insert(cases).values({**new, "at_us": to_us(case.at), **row}))
    else:
        connection.execute(update(cases).where(cases.c.id == case.id).values(row))
    line = {"case_id": case.id, "version": case.version + 1, "at_us": now_us, "account": by.name}
    steps = {"act": act.value, "before": case.state.value, "after": state.value}
    connection.execute(insert(case_history).values({**line, **steps, "reason": reason,
                                                    "note": note}))  # fmt: skip
    query = {"event": case.id, "version": case.version + 1, **steps, "reason": reason}
    append_audit(
        connection, by.name, by.role, by.action, by.now, query={**query, **(told or {})}, results=1
    )
    return case_by_id(connection, case.id)


def stale(connection: Connection, case: Case) -> StaleCaseError:
    """Say who changed a case, and how, since somebody looked."""
    changes = history_of(connection, case.id)
    if not changes:
        return StaleCaseError("the case was judged anew since you looked; look at it again")
    last = changes[-1]
    return StaleCaseError(
        f"{last.account} changed the case at {last.at:%Y-%m-%d %H:%M:%S}Z, from {last.before} to "
        f"{last.after}; look at it again, then decide"
    )


def _beyond(table: Any, cursor: Cursor | None, oldest_first: bool) -> ColumnElement[bool]:
    if cursor is None:
        return ~false()
    at_us, id_ = table.c.at_us, table.c.id
    if oldest_first:
        return or_(at_us > cursor.at_us, and_(at_us == cursor.at_us, id_ > cursor.id))
    return or_(at_us < cursor.at_us, and_(at_us == cursor.at_us, id_ < cursor.id))


def _fresh(body: str) -> Case:
    event = parse_event(body)
    if not isinstance(event, SectionTransit | LockTransit | Access):
        raise TypeError(event.kind)
    return candidate(event)


def _case(row: Row[Any]) -> Case:
    def moment(us: int | None) -> datetime | None:
        return None if us is None else from_us(us)

    return Case(
        id=row.id, kind=row.kind, subject=row.subject, plate=row.plate, at=from_us(row.at_us),
        revision=row.revision, state=State(row.state), reason=row.reason, version=row.version,
        facts=row.facts, review=row.review, exported_at=moment(row.exported_us),
        owes_withdrawal=row.owes_withdrawal, changed_at=from_us(row.changed_us),
        changed_by=row.changed_by,
    )  # fmt: skip
