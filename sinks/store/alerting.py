"""The tables of what people set about alerts: silences, escalations, demoted lists, messages."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from sinks.store.people import LONGEST_NAME
from sinks.store.schema import Serial, metadata

silences = Table(
    "silences",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("set_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("until_us", BigInteger, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("list", String),
    Column("camera", String),
    Column("subject", String),
    Column("priority_max", Integer),
    Column("ended_by", String(LONGEST_NAME)),
)
"""What somebody wants to hear nothing of until a moment; null in a column: whatever it is."""

escalations = Table(
    "escalations",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("step", Integer, nullable=False),
    Column("due_us", BigInteger, nullable=False, index=True),
    Column("channels", Text, nullable=False),
)
"""Where an alert goes next unless somebody takes it up; a row goes once its moment has come."""

demotions = Table(
    "demotions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("list", String, nullable=False, index=True),
    Column("since_us", BigInteger, nullable=False),
    Column("judged", Integer, nullable=False),
    Column("right", Integer, nullable=False),
    Column("ended_us", BigInteger),
    Column("ended_by", String(LONGEST_NAME)),
    Column("note", Text, nullable=False),
)
"""A list whose hits were wrong too often, until somebody takes it up again."""

network_messages = Table(
    "network_messages",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("network", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("written_us", BigInteger, nullable=False, index=True),
    Column("written_by", String(LONGEST_NAME), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("decided_us", BigInteger),
    Column("decided_by", String(LONGEST_NAME)),
)
"""A message to a neighbourhood network: it goes out when somebody other than its writer says so."""
