"""What may be told of travel times: five minutes of few vehicles are not, nor what betrays them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, select

from anpr.events import Wire
from anpr.time import from_us, to_us
from sinks.statistics.suppression import hidden_in
from sinks.store.questions import Period
from sinks.store.schema import travel_times
from sinks.store.windows import HOUR_US, LENGTH_US, hour_of


class TravelTime(Wire):
    """How long vehicles that left a section in a window took: number, median, 85th centile.

    `fuzzy_share` of them were paired by plates that only look alike. Fewer than k are not told, nor
    are other windows of the hour by which one could work them out: then `suppressed` is true, and
    the figures are null.
    """

    section: str
    start: datetime
    n: int | None
    median_s: float | None
    p85_s: float | None
    fuzzy_share: float | None
    suppressed: bool


def find_travel_times(
    connection: Connection, period: Period, limit: int | None, k: int, section: str | None = None
) -> list[TravelTime]:
    """Give the travel times per section and window, in order."""
    of = travel_times.c
    since_us, until_us = to_us(period.since), to_us(period.until)
    wanted = (
        select(travel_times)
        .where(of.start_us >= hour_of(since_us), of.start_us < hour_of(until_us - 1) + HOUR_US)
        .order_by(of.start_us)
    )
    if section is not None:
        wanted = wanted.where(of.section == section)
    rows = connection.execute(wanted).mappings()
    told = (
        one
        for _, hour in groupby(rows, key=lambda row: hour_of(row["start_us"]))
        for one in _told(list(hour), k)
        if period.since <= one.start < period.until
    )
    return list(islice(told, limit))


def usual_travel_times(connection: Connection, period: Period, k: int) -> Mapping[str, float]:
    """Give the median of the medians of each section, of windows of which there are told."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in find_travel_times(connection, period, None, k):
        if one.median_s is not None:
            found[one.section].append(one.median_s)
    return {section: median(some) for section, some in sorted(found.items())}


def _told(hour: list[RowMapping], k: int) -> Iterator[TravelTime]:
    """Tell the windows of an hour: the sum of each section's is known from its speeds."""
    start_us = hour_of(hour[0]["start_us"])
    starts = range(start_us, start_us + HOUR_US, LENGTH_US)
    sections: dict[str, dict[int, RowMapping]] = defaultdict(dict)
    for row in hour:
        sections[row["section"]][row["start_us"]] = row
    hidden: dict[str, Any] = {}
    for section, rows in sections.items():
        vehicles = [rows[start]["n"] if start in rows else 0 for start in starts]
        hidden[section] = hidden_in(np.array(vehicles, dtype=np.int64), k)
    for place, start in enumerate(starts):
        for section, rows in sorted(sections.items()):
            if hidden[section][place]:
                yield _suppressed(section, start)
            elif start in rows:
                yield _travel_time(rows[start])


def _suppressed(section: str, start_us: int) -> TravelTime:
    return TravelTime(
        section=section,
        start=from_us(start_us),
        n=None,
        median_s=None,
        p85_s=None,
        fuzzy_share=None,
        suppressed=True,
    )


def _travel_time(row: RowMapping) -> TravelTime:
    return TravelTime(
        section=row["section"],
        start=from_us(row["start_us"]),
        n=row["n"],
        median_s=row["median_s"],
        p85_s=row["p85_s"],
        fuzzy_share=round(row["fuzzy"] / row["n"], 3),
        suppressed=False,
    )
