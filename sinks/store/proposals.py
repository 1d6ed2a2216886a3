"""Proposed versions of lists: a big change waits here until a second person has looked at it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, insert, select, update

from anpr.time import from_us, to_us
from sinks.store.people import LONGEST_NAME, Account
from sinks.store.schema import Serial, metadata

OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"

proposals = Table(
    "proposals",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("list", String, nullable=False),
    Column("over", BigInteger, nullable=False),
    Column("proposed_us", BigInteger, nullable=False, index=True),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("decided_us", BigInteger),
    Column("decided_by", String(LONGEST_NAME)),
    Column("body", Text, nullable=False),
)
"""`body` is the whole list as CSV, emptied once it is decided; `over` the version it was made
from."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version of a list that waits for a second person."""

    id: int
    list: str
    over: int
    account: str
    at: datetime
    text: str


def propose(
    connection: Connection, list_: str, over: int, text: str, account: Account, now: datetime
) -> int:
    """Keep a proposal; return its number."""
    row = {"list": list_, "over": over, "proposed_us": to_us(now), "account": account.name}
    added = insert(proposals).values(**row, state=OPEN, body=text).returning(proposals.c.id)
    return int(connection.execute(added).scalar_one())


def open_proposals(connection: Connection) -> list[Proposal]:
    """Give the proposals that wait, oldest first."""
    found = select(proposals).where(proposals.c.state == OPEN).order_by(proposals.c.id)
    return [
        Proposal(row.id, row.list, row.over, row.account, from_us(row.proposed_us), row.body)
        for row in connection.execute(found)
    ]


def decide(
    connection: Connection, proposal: int, account: Account, now: datetime, *, accept: bool
) -> bool:
    """Decide an open proposal of somebody else; say whether it was one."""
    mine_to_decide = (
        proposals.c.id == proposal,
        proposals.c.state == OPEN,
        proposals.c.account != account.name,
    )
    state = ACCEPTED if accept else REFUSED
    decided = {"state": state, "decided_us": to_us(now), "decided_by": account.name, "body": ""}
    return bool(
        connection.execute(update(proposals).where(*mine_to_decide).values(**decided)).rowcount
    )


def withdraw(connection: Connection, proposal: int, account: Account, now: datetime) -> bool:
    """Take back an open proposal of one's own; say whether it was one."""
    own = (
        proposals.c.id == proposal,
        proposals.c.state == OPEN,
        proposals.c.account == account.name,
    )
    taken = {"state": REFUSED, "decided_us": to_us(now), "decided_by": account.name, "body": ""}
    return bool(connection.execute(update(proposals).where(*own).values(**taken)).rowcount)
