"""Dossiers: what was asked and found for a case, and what was noted, under its reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from anpr.time import from_us, to_us
from sinks.store import dialects
from sinks.store.people import LONGEST_NAME
from sinks.store.schema import Serial, metadata

QUESTION, NOTE = "question", "note"

dossiers = Table(
    "dossiers",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("case_ref", String(100), nullable=False, unique=True),
    Column("opened_by", String(LONGEST_NAME), nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger),
    sqlite_autoincrement=True,
)

dossier_items = Table(
    "dossier_items",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column(
        "dossier_id",
        BigInteger,
        ForeignKey("dossiers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What a dossier holds, in order. `kind` is question (the body: JSON of the question, its answer
and the dark cameras, as they were) or note (the body: its text)."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """The folder of a case."""

    id: int
    case_ref: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DossierItem:
    """A question with its answer, or a note."""

    id: int
    at: datetime
    account: str
    kind: str
    body: str


def open_dossier(connection: Connection, case_ref: str, account: str, now: datetime) -> Dossier:
    """Give the dossier of a case; make it where there is none."""
    row = {"case_ref": case_ref, "opened_by": account, "opened_us": to_us(now)}
    connection.execute(dialects.insert(connection, dossiers).on_conflict_do_nothing(), row)
    found = select(dossiers).where(dossiers.c.case_ref == case_ref)
    return _dossier(connection.execute(found).one())


def dossier_by_id(connection: Connection, dossier: int) -> Dossier | None:
    """Give a dossier."""
    row = connection.execute(select(dossiers).where(dossiers.c.id == dossier)).first()
    return None if row is None else _dossier(row)


def find_dossiers(connection: Connection, limit: int, before: int | None = None) -> list[Dossier]:
    """Give the dossiers opened last, newest first."""
    wanted = select(dossiers).order_by(dossiers.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(dossiers.c.id < before)
    return [_dossier(row) for row in connection.execute(wanted)]


def items_of(connection: Connection, dossier: int) -> Sequence[DossierItem]:
    """Give what a dossier holds, oldest first."""
    wanted = (
        select(dossier_items)
        .where(dossier_items.c.dossier_id == dossier)
        .order_by(dossier_items.c.id)
    )
    return [
        DossierItem(row.id, from_us(row.at_us), row.account, row.kind, row.body)
        for row in connection.execute(wanted)
    ]


def keep(
    connection: Connection, dossier: int, account: str, kind: str, body: str, now: datetime
) -> int:
    """Put something into a dossier; give its number."""
    row = {
        "dossier_id": dossier,
        "at_us": to_us(now),
        "account": account,
        "kind": kind,
        "body": body,
    }
    made = insert(dossier_items).values(row).returning(dossier_items.c.id)
    number: int = connection.execute(made).scalar_one()
    return number


def close_dossier(connection: Connection, dossier: int, now: datetime | None) -> None:
    """Close a dossier, from when its term runs; without a moment: open it again."""
    closed = None if now is None else to_us(now)
    connection.execute(update(dossiers).where(dossiers.c.id == dossier).values(closed_us=closed))


def erase_dossiers(connection: Connection, closed_before: datetime) -> int:
    """Erase the dossiers that were closed before a moment, with all they hold."""
    old = select(dossiers.c.id).where(dossiers.c.closed_us < to_us(closed_before))
    connection.execute(delete(dossier_items).where(dossier_items.c.dossier_id.in_(old)))
    return connection.execute(
        delete(dossiers).where(dossiers.c.closed_us < to_us(closed_before))
    ).rowcount


def _dossier(row: Row[Any]) -> Dossier:
    closed = None if row.closed_us is None else from_us(row.closed_us)
    return Dossier(row.id, row.case_ref, row.opened_by, from_us(row.opened_us), closed)
