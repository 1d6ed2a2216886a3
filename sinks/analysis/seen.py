"""The stored passages that an analysis looks at, as little of each as it needs."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, false, not_, select

from anpr.events import TimeSource
from anpr.time import to_us
from sinks.store.dialects import among
from sinks.store.questions import Period
from sinks.store.schema import passages


class Seen(NamedTuple):
    """One vehicle past one camera once; `vehicle` is its class, where it is known.

    `is_timed`: the camera said when; else its read's time of arrival stands for it.
    """

    id: str
    camera: str
    at_us: int
    plate: str
    vehicle: str | None = None
    confidence: float | None = None
    is_timed: bool = True


_BY_RECEIPT = f'"time_source":"{TimeSource.RECEIPT.value}"'
"""How the JSON of a passage says that no camera timed it; in a text the quotes are escaped."""


def seen_in(
    connection: Connection, period: Period, cameras: Collection[str] = ()
) -> Sequence[Seen]:
    """Give the passages of a period with a plate, by plate and time; no cameras means all."""
    columns = passages.c["id", "camera", "at_us", "plate", "vehicle_class", "confidence"]
    is_timed = not_(passages.c.body.contains(_BY_RECEIPT, autoescape=True))
    wanted = (
        select(*columns)
        .add_columns(is_timed)
        .where(
            passages.c.at_us >= to_us(period.since),
            passages.c.at_us < to_us(period.until),
            passages.c.withdrawn == false(),
            passages.c.plate.is_not(None),
        )
        .order_by(passages.c.plate, passages.c.at_us, passages.c.id)
    )
    if cameras:
        wanted = wanted.where(among(connection, passages.c.camera, sorted(cameras)))
    return [Seen(*row) for row in connection.execute(wanted)]


def by_plate(seen: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
    """Go through what was seen of each plate, by time."""
    for _, group in groupby(seen, key=lambda one: one.plate):
        yield list(group)
