"""The tables of cases: one row a case that a person or a revision has touched, and its history."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from sinks.store.people import LONGEST_NAME
from sinks.store.schema import metadata

cases = Table(
    "cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String, nullable=False),
    Column("plate", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("facts", Text),
    Column("review", Text),
    Column("exported_us", BigInteger),
    Column("owes_withdrawal", Boolean, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    Column("changed_by", String(LONGEST_NAME), nullable=False),
    Column("closed_us", BigInteger, index=True),
    Index(None, "state", "at_us"),
)
"""`id` is the event's; `version` counts changes: whoever decides names the one they saw. `facts`
is the JSON that was frozen at the review, of the event's `revision`; `review` what the officer
found. `owes_withdrawal`: a receiver has not been told yet."""

case_history = Table(
    "case_history",
    metadata,
    Column("case_id", ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("act", String(20), nullable=False),
    Column("before", String(20), nullable=False),
    Column("after", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", Text, nullable=False),
)
"""Every change of a case, in order: who, when, what, why."""

case_images = Table(
    "case_images",
    metadata,
    Column("case_id", ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("reference", String, primary_key=True, index=True),
)
"""The pictures that a case holds: they stay as long as it does."""
