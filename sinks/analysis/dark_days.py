"""When cameras were dark in a period of any length: each day is worked out once, and kept.

Every answer names the cameras that were dark in its window. A day that has ended is looked at the
first time somebody asks, and again only when its counts change; a year is then a few hundred rows.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, false, func, select

from anpr.events import CameraState
from anpr.sites import Site
from anpr.time import to_us
from sinks.analysis.dark import HOUR_US, Dark, down_times, silences
from sinks.store.dialects import insert
from sinks.store.engine import writing
from sinks.store.questions import Period
from sinks.store.schema import counts, dark_days, events
from sinks.store.upsert import chunks
from sinks.store.windows import LENGTH_US

DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US
MONTH_US = 31 * DAY_US
A_LOOK = 7
"""So many days are worked out with one look at what was counted and told."""

SETTLES = timedelta(hours=1)
"""So long after its end a day still changes more often than it is asked for."""


def dark_in(
    engine: Engine, site: Site, period: Period, now: datetime, cameras: Iterable[str] = ()
) -> list[Dark]:
    """Give the dark times of some cameras (none named: all) in a period, by camera and time."""
    since_us, until_us = to_us(period.since), to_us(min(period.until, now))
    if since_us >= until_us:
        return []
    wanted = frozenset(cameras) or frozenset(camera.id for camera in site.cameras)
    days = range(since_us // DAY_US * DAY_US, until_us, DAY_US)
    settled = [day for day in days if day + DAY_US <= to_us(now - SETTLES)]
    found = _kept(engine, site, settled)
    with engine.connect() as connection:
        today = _worked_out(connection, site, days[len(settled) :], until_us)
    found += [dark for some in today.values() for dark in some]
    return _joined(
        Dark(
            one.camera,
            max(one.since_us, since_us),
            min(one.until_us, until_us),
            one.why,
            one.expected,
        )
        for one in found
        if one.camera in wanted and one.since_us < until_us and one.until_us > since_us
    )


def _kept(engine: Engine, site: Site, days: Sequence[int]) -> list[Dark]:
    """Give the dark times of days that have ended; work out and keep those that are not yet."""
    if not days:
        return []
    known = select(dark_days).where(dark_days.c.day_us.between(days[0], days[-1]))
    with engine.connect() as connection:
        bodies = {row.day_us: row.body for row in connection.execute(known)}
        unknown = [day for day in days if day not in bodies]
        missing = _worked_out(connection, site, unknown, days[-1] + DAY_US)
    if missing:
        rows = [{"day_us": day, "body": _written(dark)} for day, dark in missing.items()]
        with writing(engine) as connection:
            connection.execute(insert(connection, dark_days).on_conflict_do_nothing(), rows)
    kept = [dark for body in bodies.values() for dark in _read(body)]
    return kept + [dark for some in missing.values() for dark in some]


def _worked_out(
    connection: Connection, site: Site, days: Sequence[int], until_us: int
) -> dict[int, list[Dark]]:
    """Work out days from cameras' states and from the windows in which they saw nothing."""
    found: dict[int, list[Dark]] = {}
    for some in chunks(days, A_LOOK):
        end_us = min(some[-1] + DAY_US, until_us)
        seen = _seen(connection, some[0] - WEEK_US, end_us)
        states = _states(connection, some[0], end_us)
        for day in some:
            found[day] = _dark(site, seen, states, day, min(day + DAY_US, end_us))
    return found


def _dark(
    site: Site,
    seen: Mapping[str, Mapping[int, int]],
    states: Mapping[str, Sequence[CameraState]],
    day_us: int,
    until_us: int,
) -> list[Dark]:
    """Work out a day; what passes a camera otherwise is what did in the week before."""
    found: list[Dark] = []
    for camera in site.cameras:
        found += down_times(camera.id, states.get(camera.id, ()), day_us, until_us)
        windows = seen.get(camera.id, {})
        expected = [0.0] * 24
        passed: list[int] = []
        for start_us, count in windows.items():
            if day_us - WEEK_US <= start_us < day_us:
                expected[start_us // HOUR_US % 24] += count / 7
            elif day_us <= start_us < until_us:
                passed += [start_us, min(start_us + LENGTH_US, until_us)]
        if any(expected):
            found += silences(camera.id, passed, day_us, until_us, expected)
    return found


def _seen(connection: Connection, since_us: int, until_us: int) -> Mapping[str, dict[int, int]]:
    """Give how many vehicles each camera saw in each window of five minutes in which it saw any."""
    wanted = (
        select(counts.c.camera, counts.c.start_us, func.sum(counts.c.count))
        .where(counts.c.start_us >= since_us, counts.c.start_us < until_us)
        .group_by(counts.c.camera, counts.c.start_us)
    )
    seen: dict[str, dict[int, int]] = defaultdict(dict)
    for camera, start_us, count in connection.execute(wanted):
        seen[camera][start_us] = int(count)
    return seen


def _states(
    connection: Connection, since_us: int, until_us: int
) -> Mapping[str, Sequence[CameraState]]:
    """Give the states of each camera from a month before on, oldest first."""
    wanted = (
        select(events.c.body)
        .where(
            events.c.kind == "camera_state",
            events.c.withdrawn == false(),
            events.c.at_us >= since_us - MONTH_US,
            events.c.at_us < until_us,
        )
        .order_by(events.c.at_us, events.c.id)
    )
    states: dict[str, list[CameraState]] = defaultdict(list)
    for body in connection.scalars(wanted):
        state = CameraState.model_validate_json(body)
        states[state.camera].append(state)
    return states


def _joined(dark: Iterable[Dark]) -> list[Dark]:
    """Join what goes on over midnight."""
    joined: list[Dark] = []
    for one in sorted(dark, key=lambda one: (one.camera, one.why, one.since_us)):
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.camera, last.why) == (one.camera, one.why)
            and last.until_us >= one.since_us
        ):
            joined.pop()
            expected = (last.expected or 0) + (one.expected or 0)
            both = Dark(
                one.camera,
                last.since_us,
                max(last.until_us, one.until_us),
                one.why,
                round(expected, 1) if one.expected is not None else None,
            )
            joined.append(both)
        else:
            joined.append(one)
    return sorted(joined, key=lambda one: (one.camera, one.since_us, one.why))


def _written(dark: Iterable[Dark]) -> str:
    rows = [[one.camera, one.since_us, one.until_us, one.why, one.expected] for one in dark]
    return json.dumps(rows)


def _read(body: str) -> Iterator[Dark]:
    return (Dark(*row) for row in json.loads(body))
