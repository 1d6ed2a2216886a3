"""The tables of what the traffic as a whole does: flows, speeds, compliance; nobody's plate."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from sinks.store.schema import metadata

flows = Table(
    "flows",
    metadata,
    Column("day_us", BigInteger, primary_key=True, autoincrement=False),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", String, primary_key=True),
    Column("destination", String, primary_key=True),
    Column("count", Integer),
    Index(None, "start_us"),
)
"""Trips from one camera of the border to another, by when they began; '' is inside the zone.
`day_us` starts the local day. A null is hidden: fewer than k, or what would give those away. What
is not here is 0."""

through = Table(
    "through",
    metadata,
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("day_us", BigInteger, nullable=False, index=True),
    Column("entered", Integer),
    Column("through", Integer),
)
"""How many came in over the border in a window with a plate that was read, and how many of them
only drove through; a null is hidden, as in `flows`."""

speeds = Table(
    "speeds",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("from_kmh", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("sum_kmh", Float, nullable=False),
    Index(None, "start_us"),
)
"""Vehicles per hour and 10 km/h of speed: measured by a camera, or averaged over a section."""

compliance = Table(
    "compliance",
    metadata,
    Column("zone", String, primary_key=True),
    Column("gate", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("decision", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Index(None, "start_us"),
)
"""Decisions at the gates of a permit zone per hour."""

published = Table(
    "published",
    metadata,
    Column("table", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True, autoincrement=False),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("end_us", BigInteger, nullable=False),
    Column("published_us", BigInteger, nullable=False),
    Column("k", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
"""The register: every table of figures that left the house, as it did, for good."""
