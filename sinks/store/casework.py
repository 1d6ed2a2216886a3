"""What people make of what the machine says: feedback on alerts, corrected plates, reviewed cases.

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
    Index,
    String,
    Table,
    Text,
    insert,
    select,
)

from anpr.events import Access, LockTransit, SectionTransit
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


class Outcome(StrEnum):
    """What the review of a case comes to."""

    AGREED = "agreed"
    """the officer read the plate that the case names"""
    DIFFERS = "differs"
    """the officer read another plate"""
    UNREADABLE = "unreadable"
    """no plate can be read on the images"""
    DISMISSED = "dismissed"
    """the plate is right, and the case is none: the note says why"""


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

reviews = Table(
    "reviews",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String, nullable=False),
    Column("event_revision", BigInteger, nullable=False),
    Column("event_us", BigInteger, nullable=False, index=True),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("seen", String, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "event_id", "event_revision"),
)
"""`seen` is the plate that the officer typed, before the case's own was shown."""


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


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody found of one revision of a case."""

    outcome: Outcome
    seen: str
    account: str
    at: datetime
    note: str


Reviewable = SectionTransit | LockTransit | Access


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


def review(
    connection: Connection,
    case: Reviewable,
    account: Account,
    outcome: Outcome,
    seen: str,
    note: str,
    now: datetime,
) -> None:
    """Add what an account found of a case as it stands."""
    row = {"event_id": case.id, "event_revision": case.revision, "event_us": to_us(case.at)}
    connection.execute(
        insert(reviews).values(
            **row, at_us=to_us(now), account=account.name, seen=seen, outcome=outcome.value,
            note=note,
        )
    )  # fmt: skip


def reviews_of(connection: Connection, cases: Collection[Reviewable]) -> dict[str, list[Review]]:
    """Give the reviews of cases as they stand, oldest first.

    A case that was judged again since is another one: what was found of it before is left out.
    """
    revisions = {case.id: case.revision for case in cases}
    found = select(reviews).where(reviews.c.event_id.in_(revisions)).order_by(reviews.c.id)
    known: dict[str, list[Review]] = {}
    for row in connection.execute(found):
        if row.event_revision == revisions[row.event_id]:
            one = Review(Outcome(row.outcome), row.seen, row.account, from_us(row.at_us), row.note)
            known.setdefault(row.event_id, []).append(one)
    return known
