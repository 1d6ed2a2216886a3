"""What people make of what the machine says: feedback on alerts, and corrected plates.

Each table only grows: a second thought is a row of its own, and the last one counts. What the
machine said stays as it was.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    String,
    Table,
    Text,
    insert,
    select,
)

from anpr.time import from_us, to_us
from sinks.store.people import LONGEST_NAME, Account
from sinks.store.schema import Serial, metadata


class Feedback(StrEnum):
    """What somebody makes of an alert."""

    ACKNOWLEDGED = "acknowledged"
    """seen, and being dealt with"""
    CONFIRMED = "confirmed"
    """it is the vehicle"""
    REJECTED = "rejected"
    """it is not: the plate was read wrong"""
    OUTDATED = "outdated"
    """it is the vehicle, but the entry should no longer be on the list"""
    DIFFERS = "differs"
    """the characters that a patrol read on the vehicle are not those of the entry"""


feedback = Table(
    "feedback",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("says", String(20), nullable=False),
    Column("note", Text, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("passage_id", String, nullable=False, index=True),
    Column("passage_us", BigInteger, nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("plate", String, nullable=False),
    Column("note", Text, nullable=False),
)
"""`passage_us` is when the vehicle passed: a correction goes with its passage."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of an alert, and when."""

    says: Feedback
    account: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Correction:
    """The plate that somebody read on the images of a passage."""

    plate: str
    account: str
    at: datetime
    note: str


def give_feedback(
    connection: Connection, alert: int, account: Account, says: Feedback, note: str, now: datetime
) -> None:
    """Add what an account says of an alert."""
    row = {"alert_id": alert, "at_us": to_us(now), "account": account.name, "says": says.value}
    connection.execute(insert(feedback).values(**row, note=note))


def feedback_on(connection: Connection, alerts: Collection[int]) -> dict[int, list[Said]]:
    """Give what was said of alerts, oldest first; an alert of which nothing was is left out."""
    found = select(feedback).where(feedback.c.alert_id.in_(alerts)).order_by(feedback.c.id)
    said: dict[int, list[Said]] = {}
    for row in connection.execute(found):
        one = Said(Feedback(row.says), row.account, from_us(row.at_us), row.note)
        said.setdefault(row.alert_id, []).append(one)
    return said


def correct(
    connection: Connection,
    passage: str,
    passed_at: datetime,
    account: Account,
    plate: str,
    note: str,
    now: datetime,
) -> None:
    """Add the plate that an account read on a passage's images; the reading itself stays."""
    row = {"passage_id": passage, "passage_us": to_us(passed_at), "at_us": to_us(now)}
    connection.execute(
        insert(corrections).values(**row, account=account.name, plate=plate, note=note)
    )


def corrections_of(connection: Connection, passage: str) -> list[Correction]:
    """Give the corrections of a passage, newest first."""
    found = select(corrections).where(corrections.c.passage_id == passage)
    return [
        Correction(row.plate, row.account, from_us(row.at_us), row.note)
        for row in connection.execute(found.order_by(corrections.c.id.desc()))
    ]
