"""Questions that need a second person: asked for, approved or refused by another, then run.

In an emergency the glass is broken: the question runs at once, with a reason that the data
protection officer is told and reviews afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from anpr.errors import StoreError
from anpr.time import from_us, to_us
from sinks.store.audit import SEALED, Grounds, vault_of
from sinks.store.people import LONGEST_NAME
from sinks.store.schema import Serial, metadata

REVIEW_WITHIN = timedelta(hours=72)
"""So soon the data protection officer reviews what was asked behind broken glass."""

HOLDS_FOR = timedelta(hours=24)
"""So long an approval, or broken glass, lets its question run."""

requests = Table(
    "requests",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("asked_by", String(LONGEST_NAME), nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("case_ref", String(100), nullable=False),
    Column("decision_ref", String(100)),
    Column("question", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(LONGEST_NAME)),
    Column("decided_us", BigInteger),
    Column("said", Text),
    Index(None, "asked_us"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
"""One row a request. `question` is the JSON of what is asked, sealed; `said` is what the second
person or the data protection officer said about it."""


class RequestState(StrEnum):
    """Where a request stands; `urgent` runs already and waits for its review."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    URGENT = "urgent"
    LAWFUL = "lawful"
    UNLAWFUL = "unlawful"


DECIDED = frozenset({RequestState.APPROVED, RequestState.REFUSED})
"""What a second person makes of an open request."""

REVIEWED = frozenset({RequestState.LAWFUL, RequestState.UNLAWFUL})
"""What the data protection officer finds of an urgent one."""

WAITING = frozenset({RequestState.OPEN, RequestState.URGENT})


@dataclass(frozen=True, slots=True)
class Request:
    """A question that somebody wants to run, and what became of that."""

    id: int
    kind: str
    asked_by: str
    asked_at: datetime
    grounds: Grounds
    question: str
    why: str
    is_urgent: bool
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None
    said: str | None

    @property
    def review_by(self) -> datetime | None:
        """Until when an urgent one must be reviewed."""
        return self.asked_at + REVIEW_WITHIN if self.is_urgent else None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether its review should have been done."""
        return self.state is RequestState.URGENT and now > self.asked_at + REVIEW_WITHIN

    def opens(self, now: datetime) -> bool:
        """Say whether its question may run now."""
        if self.is_urgent:
            return self.state is not RequestState.UNLAWFUL and now < self.asked_at + HOLDS_FOR
        since = self.decided_at
        return self.state is RequestState.APPROVED and since is not None and now < since + HOLDS_FOR


def add_request(
    connection: Connection,
    kind: str,
    asked_by: str,
    grounds: Grounds,
    question: str,
    why: str,
    now: datetime,
    *,
    is_urgent: bool,
) -> Request:
    """Add a request; an urgent one runs at once."""
    state = RequestState.URGENT if is_urgent else RequestState.OPEN
    row = {
        "kind": kind,
        "asked_by": asked_by,
        "asked_us": to_us(now),
        "purpose": grounds.purpose,
        "case_ref": grounds.case_ref,
        "decision_ref": grounds.decision_ref,
        "question": _sealed(connection, question),
        "why": why,
        "urgent": is_urgent,
        "state": state.value,
    }
    made = connection.execute(insert(requests).values(row).returning(*requests.c)).one()
    return _request(connection, made)


def decide_request(
    connection: Connection,
    request: int,
    by: str,
    state: RequestState,
    said: str,
    now: datetime,
) -> bool:
    """Decide a request that waits; tell whether it did, and whether somebody else asked it."""
    expected = RequestState.OPEN if state in DECIDED else RequestState.URGENT
    waiting = update(requests).where(
        requests.c.id == request,
        requests.c.state == expected.value,
        requests.c.asked_by != by,
    )
    decided = waiting.values(state=state.value, decided_by=by, decided_us=to_us(now), said=said)
    return connection.execute(decided).rowcount == 1


def request_by_id(connection: Connection, request: int) -> Request | None:
    """Give a request."""
    row = connection.execute(select(requests).where(requests.c.id == request)).first()
    return None if row is None else _request(connection, row)


def find_requests(
    connection: Connection,
    limit: int,
    *,
    states: frozenset[RequestState] = frozenset(),
    is_urgent: bool | None = None,
    before: int | None = None,
) -> list[Request]:
    """Give requests, newest first."""
    wanted = select(requests).order_by(requests.c.id.desc()).limit(limit)
    if states:
        wanted = wanted.where(requests.c.state.in_(sorted(states)))
    if is_urgent is not None:
        wanted = wanted.where(requests.c.urgent.is_(is_urgent))
    if before is not None:
        wanted = wanted.where(requests.c.id < before)
    return [_request(connection, row) for row in connection.execute(wanted)]


def _sealed(connection: Connection, question: str) -> str:
    vault = vault_of(connection)
    return question if vault is None else SEALED + vault.seal(question)


def _opened(connection: Connection, stored: str) -> str:
    """Read a question; what was never sealed stays as it is. Raises StoreError."""
    if not stored.startswith(SEALED):
        return stored
    vault = vault_of(connection)
    if vault is None:
        raise StoreError("a question is sealed; open the store with the zone's vault")
    return vault.open(stored[len(SEALED) :])


def _request(connection: Connection, row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        kind=row.kind,
        asked_by=row.asked_by,
        asked_at=from_us(row.asked_us),
        grounds=Grounds(row.purpose, row.case_ref, row.decision_ref),
        question=_opened(connection, row.question),
        why=row.why,
        is_urgent=row.urgent,
        state=RequestState(row.state),
        decided_by=row.decided_by,
        decided_at=None if row.decided_us is None else from_us(row.decided_us),
        said=row.said,
    )
