"""The dark times of any period: worked out by day, kept, and again when counts change."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from anpr.events import Passage
from sinks.analysis.dark import Dark
from sinks.analysis.dark_days import dark_in
from sinks.statistics.rolling import roll
from sinks.store.questions import Period
from sinks.store.schema import dark_days
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, camera_state, passage, site

MIDNIGHT = T0.replace(hour=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOUR_DAYS = Period(MIDNIGHT, MIDNIGHT + 4 * DAY)
NOW = MIDNIGHT + 4 * DAY + 2 * HOUR


def busy(since: datetime, hours: int) -> list[Passage]:
    """A vehicle every five minutes past the northern camera."""
    return [
        passage(f"{since}{number}", at=since + number * timedelta(minutes=5))
        for number in range(hours * 12)
    ]


def write(engine: Engine, passages: list[Passage], *events: object) -> None:
    StoreWriter(engine, lambda: NOW).write(passages, events)  # type: ignore[arg-type]
    roll(engine)


def dark(engine: Engine, period: Period = FOUR_DAYS, *cameras: str) -> list[Dark]:
    return dark_in(engine, site(), period, NOW, cameras)


def us(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000


@pytest.mark.timeout(600)
def test_a_silence_is_told_once_and_goes_when_late_passages_come(engine: Engine) -> None:
    last = MIDNIGHT + 3 * DAY
    write(engine, [*busy(MIDNIGHT, 3 * 24), *busy(last, 6), *busy(last + 12 * HOUR, 12)])
    (one,) = dark(engine)
    assert (one.camera, one.why, one.until_us) == ("north", "silence", us(last + 12 * HOUR))
    assert one.since_us == us(last + 6 * HOUR)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(dark_days)) == 4
    assert dark(engine) == [one]

    write(engine, busy(last + 6 * HOUR, 6))
    assert dark(engine) == []


def test_a_camera_that_is_down_over_midnight_is_dark_once(engine: Engine) -> None:
    down, up = MIDNIGHT + DAY + 20 * HOUR, MIDNIGHT + 3 * DAY + 3 * HOUR
    write(
        engine,
        [],
        camera_state("a", at=down, since=down),
        camera_state("b", at=up, since=up, state="up"),
    )
    assert dark(engine) == [Dark("north", us(down), us(up), "down")]
    inside = Period(down + HOUR, down + 2 * HOUR)
    assert dark(engine, inside) == [Dark("north", us(inside.since), us(inside.until), "down")]
    assert dark(engine, FOUR_DAYS, "south") == []
