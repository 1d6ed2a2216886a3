"""Figures of some weeks, as the rollers leave them: a working week that anybody would recognise."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import exp
from typing import Any

from anpr.time import to_us
from sinks.statistics.publishing import publish
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import counts, travel_times
from sinks.store.traffic import compliance, flows, speeds, through
from tests.console.zone import NOW, Zone

HOUR = timedelta(hours=1)
CAMERAS = (("noord", "approaching", 1.0), ("zuid", "approaching", 0.9))


def furnish_figures(zone: Zone, days: int = 28) -> None:
    """Fill the tables of figures, and publish what is complete."""
    start = NOW.replace(minute=0) - timedelta(days=days)
    hours = [start + HOUR * hour for hour in range(days * 24 + int(NOW.hour) % 2)]
    with writing(zone.engine) as connection:
        connection.execute(counts.insert(), [row for one in hours for row in _counts(one)])
        connection.execute(travel_times.insert(), [_travel(one) for one in hours])
        connection.execute(speeds.insert(), [row for one in hours[-48:] for row in _speeds(one)])
        connection.execute(flows.insert(), [row for one in hours[-72:] for row in _flows(one)])
        connection.execute(through.insert(), [_through(one) for one in hours[-72:]])
        connection.execute(compliance.insert(), [row for one in hours[-48:] for row in _gate(one)])
    publish(zone.engine, zone.site, "counts", Period(NOW - timedelta(days=2), NOW), NOW)


def traffic_at(moment: datetime) -> int:
    """Say how many pass in an hour: two rushes on working days, one hill on others."""
    hour, is_weekend = (moment + 2 * HOUR).hour, (moment + 2 * HOUR).weekday() >= 5
    peaks = ((13, 16, 5),) if is_weekend else ((8, 18, 1.4), (17, 20, 1.8), (13, 10, 4))
    shares = (height * exp(-(((hour - at) / width) ** 2)) for at, height, width in peaks)
    return 2 + int(10 * sum(shares))


def _counts(moment: datetime) -> Iterator[dict[str, Any]]:
    for camera, direction, share in CAMERAS:
        for kind, part in (("car", 0.85), ("van", 0.1), ("truck", 0.05)):
            n = int(traffic_at(moment) * share * part) + 1
            yield {"camera": camera, "start_us": to_us(moment), "lane": 1, "class": kind,
                   "direction": direction, "count": n}  # fmt: skip


def _travel(moment: datetime) -> dict[str, Any]:
    slow = traffic_at(moment) / 4
    return {"section": "n177", "start_us": to_us(moment), "n": traffic_at(moment),
            "median_s": 62 + slow, "p85_s": 71 + slow, "fuzzy": 1}  # fmt: skip


def _speeds(moment: datetime) -> Iterator[dict[str, Any]]:
    for kind, subject in (("camera", "noord"), ("section", "n177")):
        for from_kmh, part in ((40, 0.1), (50, 0.2), (60, 0.5), (70, 0.2)):
            n = int(traffic_at(moment) * part) + 1
            yield {"kind": kind, "subject": subject, "start_us": to_us(moment),
                   "from_kmh": from_kmh, "count": n, "sum_kmh": n * (from_kmh + 5.0)}  # fmt: skip


def _flows(moment: datetime) -> Iterator[dict[str, Any]]:
    day = {"day_us": to_us(moment.replace(hour=0)), "start_us": to_us(moment)}
    n = traffic_at(moment)
    for origin, destination, part in (
        ("noord", "zuid", 0.4),
        ("noord", "", 0.6),
        ("", "zuid", 0.5),
    ):
        vehicles = int(n * part)
        told = vehicles if vehicles >= 5 else None
        yield {**day, "origin": origin, "destination": destination, "count": told}


def _through(moment: datetime) -> dict[str, Any]:
    n = traffic_at(moment)
    return {"start_us": to_us(moment), "day_us": to_us(moment.replace(hour=0)), "entered": n,
            "through": int(n * 0.3) if n > 20 else None}  # fmt: skip


def _gate(moment: datetime) -> Iterator[dict[str, Any]]:
    for decision, part in (("allow", 0.9), ("flag", 0.1)):
        yield {"zone": "centrum", "gate": "noord", "start_us": to_us(moment),
               "decision": decision, "count": int(traffic_at(moment) * part) + 1}  # fmt: skip
