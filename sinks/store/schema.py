"""The tables of the store. Times are whole microseconds UTC; `body` is the contract's JSON."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A counted primary key: SQLite counts only an INTEGER one."""

BY_WEEK = "RANGE (at_us)"
"""How PostgreSQL cuts the large tables; a cut table's key must name what it is cut by. That an id
has one row is seen to by the writer, which takes turns."""

UNKNOWN_LANE = -1
UNKNOWN_CLASS = "unknown"
UNKNOWN_DIRECTION = "unknown"

passages = Table(
    "passages",
    metadata,
    Column("id", String, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("camera", String, nullable=False),
    Column("at_us", BigInteger, primary_key=True, index=True),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("plate", String),
    Column("fold", String),
    Column("country", String),
    Column("confidence", Float),
    Column("vehicle_class", String),
    Column("lane", Integer),
    Column("direction", String, nullable=False),
    Column("crop", String),
    Column("overview", String),
    Column("body", Text, nullable=False),
    Column("stored_us", BigInteger, nullable=False, index=True),
    Index(None, "plate", "at_us"),
    Index(None, "fold", "at_us"),
    Index(None, "camera", "at_us"),
    postgresql_partition_by=BY_WEEK,
)
"""One row a passage. `plate` and `fold` are null where the plate could not be read."""

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("at_us", BigInteger, primary_key=True),
    Column("rule", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("plate", String),
    Column("fold", String),
    Column("camera", String),
    Column("verdict", String),
    Column("reason", String),
    Column("priority", Integer),
    Column("body", Text, nullable=False),
    Column("stored_us", BigInteger, nullable=False, index=True),
    Index(None, "kind", "at_us"),
    Index(None, "plate", "at_us"),
    Index(None, "subject", "at_us"),
    postgresql_partition_by=BY_WEEK,
)
"""One row an event. `subject` is its section, lock, zone, list or camera (of a clone suspect: its
rule); `verdict` its verdict, decision, match or state."""

event_passages = Table(
    "event_passages",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Column("passage_id", String, nullable=False, index=True),
    postgresql_partition_by=BY_WEEK,
)
"""The causes of an event, in role order; `at_us` is the event's, so that they are dropped with it.
A passage may be stored after the event it caused."""

visits = Table(
    "visits",
    metadata,
    Column("exit_id", String, primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Column("entry_id", String, nullable=False),
    Column("entry_us", BigInteger, nullable=False),
    Column("stay_us", BigInteger, nullable=False),
    Column("entry_camera", String, nullable=False),
    Column("exit_camera", String, nullable=False),
    Column("plate", String, nullable=False),
    Column("fold", String, nullable=False),
    Index(None, "at_us", "stay_us", "fold"),
    Index(None, "fold", "at_us"),
    postgresql_partition_by=BY_WEEK,
)
"""One row a visit: a vehicle that came into the zone and left it. `at_us` and `plate` are the
exit's; look-alike plates are one vehicle."""

spellings = Table(
    "spellings",
    metadata,
    Column("passage_id", String, primary_key=True),
    Column("fold", String, primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Index(None, "fold", "at_us"),
    postgresql_partition_by=BY_WEEK,
)
"""The folds of what else the plate of a passage may be, where it is no look-alike of its plate."""

dark_days = Table(
    "dark_days",
    metadata,
    Column("day_us", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
"""When cameras saw nothing, by day (UTC): computed once, and again when a day's counts change."""

said_before = Table(
    "said_before",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("until_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""What an event said until `until_us`, when another verdict or reason, or its withdrawal, took its
place: the trace of a changed case. The body names the control that it was judged by."""

plates = Table(
    "plates",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("plate", String, nullable=False, unique=True),
    Column("fold", String, nullable=False, index=True),
    Column("seen_us", BigInteger, nullable=False),
)
"""Each plate of a passage once: where patterns are searched. `seen_us` is the start of the day on
which it was last seen, or 0 where a passage has lost it: retention looks whether others have it."""

images = Table(
    "images",
    metadata,
    Column("reference", String, primary_key=True),
    Column("at_us", BigInteger, nullable=False, index=True),
)
"""Each image once, with the time of the youngest passage that shows it: what retention goes by."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("event_revision", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("raised_us", BigInteger, nullable=False),
    Column("camera", String),
    Column("priority", Integer),
    Column("state", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("dispatch_only", Boolean, nullable=False, server_default=false()),
    Column("body", Text, nullable=False),
    Index(None, "subject", "at_us"),
    sqlite_autoincrement=True,  # a viewer asks for what follows the last id it saw
)
"""One row an alert. `state` is open or recalled; `subject` is the same thing for repeats (a hit's
list and entry) and cases (a section transit's plate), null where each event stands alone; `words`
is what a person must be told; `dispatch_only` keeps it from patrols; `body` is the event."""

unraised = Table(
    "unraised",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("event_revision", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("reason", String, nullable=False),
    Column("subject", String),
    Column("camera", String),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Index(None, "subject", "at_us"),
)
"""Events that a route asked for and that raised no alert: repeats and parts of a case, which the
recall of the alert before them brings back, and withdrawals, which an older revision must not
undo."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), index=True),
    Column("channel", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("last_error", String),
    Column("body", Text, nullable=False),
    Column("group", String),
    Column("live_until_us", BigInteger),
    Column("settled_us", BigInteger),
    Index(None, "channel", "state", "next_us"),
    Index(None, "channel", "group"),
    sqlite_autoincrement=True,
)
"""The outbox, and afterwards the log of what was sent. `state` is pending, sent, failed or
superseded (a recall overtook it); `key` is the idempotency key that the receiver sees; `body` is
what is sent. Those of one `group` may go together. After `live_until_us` it is no longer news. A
message to a network is of no alert."""

actuations = Table(
    "actuations",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("zone", String, nullable=False),
    Column("gate", String, nullable=False),
    Column("requested_us", BigInteger, nullable=False, index=True),
    Column("outcome", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("answered_us", BigInteger),
)
"""One row for each access event at a gate with an actuator: it lowers at most once. `answered_us`:
when the actuator confirmed or refused; null where it never did."""

dirty_windows = Table(
    "dirty_windows",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Index(None, "start_us", "kind", "subject"),
    sqlite_autoincrement=True,  # who looks for a mark again must not find another
)
"""Marks of windows of statistics to compute again, any number a window; `windows.py` says of which
kinds, and how marks come and go."""

frozen_windows = Table(
    "frozen_windows",
    metadata,
    Column("kind", String, primary_key=True),
    Column("before_us", BigInteger, nullable=False),
)
"""Windows of a kind that start before this have lost rows to retention: they stay as they are."""

counts = Table(
    "counts",
    metadata,
    Column("camera", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("class", String, primary_key=True),
    Column("direction", String, primary_key=True, server_default=UNKNOWN_DIRECTION),
    Column("count", Integer, nullable=False),
    Index(None, "start_us"),
)
"""Passages per camera, lane, class, direction and five minutes; -1 and `unknown`: not known."""

travel_times = Table(
    "travel_times",
    metadata,
    Column("section", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("median_s", Float, nullable=False),
    Column("p85_s", Float, nullable=False),
    Column("fuzzy", Integer, nullable=False, server_default="0"),
    Index(None, "start_us"),
)
"""Travel times of a section per five minutes of leaving it; `fuzzy` of its `n` pairs are of plates
that only look alike."""
