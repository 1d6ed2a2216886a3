"""The ledger of consignments: what goes to whom, how often it was tried, and what came of it.

A consignment is entered with the case's transition, in one transaction, before anything is sent.
It is sent under one name as often as it takes: a receiver that gets it twice has it once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from anpr.time import from_us, to_us
from sinks.store.dialects import among
from sinks.store.engine import writing
from sinks.store.schema import Serial, metadata
from sinks.store.upsert import add


class State(StrEnum):
    """How far a consignment has come."""

    WAITING = "waiting"
    """it is to be sent, or to be sent again"""
    SENT = "sent"
    """it is at the receiver's, who has not said so"""
    RECEIVED = "received"
    """the receiver has acknowledged it"""
    REFUSED = "refused"
    """the receiver does not want it: the answer says why"""
    FAILED = "failed"
    """it was tried for as long as it makes sense: `anpr delivery resend` tries again"""


OPEN = frozenset({State.WAITING, State.SENT})

TURN = "cases"
"""Whoever changes a case or one of its consignments takes this turn first."""


class Kind(StrEnum):
    """What is on its way."""

    PACKAGE = "package"
    WITHDRAWAL = "withdrawal"
    """that what was sent before does not stand any more"""


consignments = Table(
    "consignments",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("receiver", String, nullable=False),
    Column("case_id", String, nullable=False, index=True),
    Column("kind", String(12), nullable=False, server_default="package"),
    Column("name", String, nullable=False),
    Column("path", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_us", BigInteger, nullable=False, index=True),
    Column("next_us", BigInteger, nullable=False),
    Column("sent_us", BigInteger),
    Column("answered_us", BigInteger),
    Column("answer", Text, nullable=False),
    Index(None, "receiver", "state", "next_us"),
    sqlite_autoincrement=True,
)
"""`name` is what the receiver knows it by, `path` where it lies here, `sha256` of what lies here;
`answer` is the receipt, or what went wrong last."""


@dataclass(frozen=True, slots=True)
class Consignment:
    """A package or a withdrawal on its way to one receiver."""

    id: int
    key: str
    receiver: str
    case: str
    kind: Kind
    name: str
    path: Path
    sha256: str
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    answer: str


def consign(
    connection: Connection,
    case: str,
    path: Path,
    receivers: Collection[str],
    now: datetime,
    kind: Kind = Kind.PACKAGE,
) -> None:
    """Enter a file of a case for some receivers; the very same file is entered once."""
    digest = sha256(path.read_bytes()).hexdigest()
    rows = [
        {
            "key": f"{receiver}/{path.name}/{digest[:16]}",
            "receiver": receiver,
            "case_id": case,
            "kind": kind.value,
            "name": path.name,
            "path": str(path.absolute()),
            "sha256": digest,
            "state": State.WAITING.value,
            "attempts": 0,
            "created_us": to_us(now),
            "next_us": to_us(now),
            "answer": "",
        }
        for receiver in receivers
    ]
    add(connection, consignments, rows)


def by_id(connection: Connection, id_: int) -> Consignment:
    """Give a consignment."""
    return _consignment(
        connection.execute(select(consignments).where(consignments.c.id == id_)).one()
    )


def due(connection: Connection, receiver: str, now: datetime, limit: int) -> list[Consignment]:
    """Give what is to be sent to a receiver now, oldest first."""
    wanted = (
        select(consignments)
        .where(
            consignments.c.receiver == receiver,
            consignments.c.state == State.WAITING.value,
            consignments.c.next_us <= to_us(now),
        )
        .order_by(consignments.c.id)
        .limit(limit)
    )
    return [_consignment(row) for row in connection.execute(wanted)]


def unanswered(connection: Connection, receiver: str) -> list[Consignment]:
    """Give what was sent to a receiver, and what it has not answered yet."""
    wanted = select(consignments).where(
        consignments.c.receiver == receiver, consignments.c.state == State.SENT.value
    )
    return [_consignment(row) for row in connection.execute(wanted.order_by(consignments.c.id))]


def of_cases(connection: Connection, cases: Iterable[str]) -> Mapping[str, list[Consignment]]:
    """Give the consignments of cases, oldest first."""
    wanted = select(consignments).where(among(connection, consignments.c.case_id, cases))
    found: dict[str, list[Consignment]] = {}
    for row in connection.execute(wanted.order_by(consignments.c.id)):
        found.setdefault(row.case_id, []).append(_consignment(row))
    return found


def since(connection: Connection, moment: datetime) -> Sequence[Consignment]:
    """Give everything that was entered since a moment, oldest first."""
    wanted = select(consignments).where(consignments.c.created_us >= to_us(moment))
    return [_consignment(row) for row in connection.execute(wanted.order_by(consignments.c.id))]


def counts(connection: Connection) -> Mapping[tuple[str, State], int]:
    """Count the consignments by receiver and state."""
    names = consignments.c.receiver, consignments.c.state
    found = connection.execute(select(*names, func.count()).group_by(*names))
    return {(receiver, State(state)): count for receiver, state, count in found}


def settle(
    connection: Connection, one: Consignment, state: State, answer: str, now: datetime
) -> bool:
    """Record what became of a consignment; tell whether it was still open."""
    told: dict[str, Any] = {"state": state.value, "answer": answer[:1000]}
    if state is not State.FAILED:
        told["sent_us"] = to_us(one.sent_at or now)
    if state in (State.RECEIVED, State.REFUSED):
        told["answered_us"] = to_us(now)
    if one.state is State.WAITING:
        told["attempts"] = one.attempts + 1
    return _change(connection, one, told)


def postpone(connection: Connection, one: Consignment, until: datetime, why: str) -> bool:
    """Try a consignment again at a moment."""
    told = {"attempts": one.attempts + 1, "next_us": to_us(until), "answer": why[:1000]}
    return _change(connection, one, told)


def resend(connection: Connection, ids: Collection[int], now: datetime) -> list[Consignment]:
    """Send consignments again, whatever became of them; give those that there are."""
    again = {
        "state": State.WAITING.value, "attempts": 0, "next_us": to_us(now),
        "created_us": to_us(now),
    }  # fmt: skip
    which = among(connection, consignments.c.id, ids)
    connection.execute(update(consignments).where(which).values(again))
    found = connection.execute(select(consignments).where(which).order_by(consignments.c.id))
    return [_consignment(row) for row in found]


def _change(connection: Connection, one: Consignment, told: Mapping[str, Any]) -> bool:
    """Change a consignment unless somebody else did since it was read."""
    known = update(consignments).where(
        consignments.c.id == one.id,
        consignments.c.state == one.state.value,
        consignments.c.attempts == one.attempts,
    )
    return connection.execute(known.values(told)).rowcount > 0


def _consignment(row: Row[Any]) -> Consignment:
    return Consignment(
        id=row.id,
        key=row.key,
        receiver=row.receiver,
        case=row.case_id,
        kind=Kind(row.kind),
        name=row.name,
        path=Path(row.path),
        sha256=row.sha256,
        state=State(row.state),
        attempts=row.attempts,
        created_at=from_us(row.created_us),
        next_at=from_us(row.next_us),
        sent_at=None if row.sent_us is None else from_us(row.sent_us),
        answered_at=None if row.answered_us is None else from_us(row.answered_us),
        answer=row.answer,
    )


def erase_consignments(engine: Engine, before_us: int) -> int:
    """Erase what was last entered before a moment, with the files that lie here for it."""
    old = consignments.c.created_us < before_us
    with writing(engine) as connection:
        paths = connection.scalars(select(consignments.c.path).where(old).distinct()).all()
        same = among(connection, consignments.c.path, paths)
        still = set(connection.scalars(select(consignments.c.path).where(~old, same)))
        for path in set(paths) - still:
            Path(path).unlink(missing_ok=True)
        return connection.execute(delete(consignments).where(old)).rowcount
