"""What a case may come to need is kept from the log, once, and no longer than images."""

from datetime import timedelta

from sqlalchemy import Engine, func, select

from anpr.events import PlateRead, Wire
from anpr.ports import Message, Place, Record
from anpr.time import to_us
from anpr.topics import DEAD_LETTERS, HEARTBEATS, READS
from sinks.evidence.keeping import KeepingWorker, case_cameras
from sinks.evidence.kept import clock_log, erase_kept, heartbeats, reads, reads_between
from tests.sinks.build import T0, passage, seconds
from tests.sinks.evidence.cases import beats, read_of, zone_site


def told(topic: str, key: str, value: Wire | bytes) -> Message:
    body = value if isinstance(value, bytes) else value.to_json()
    return Message(Place(topic, 0), 0, T0, Record(key, body))


def read_at(camera: str, after_s: float = 0) -> PlateRead:
    one = passage(f"{camera}{after_s}", camera=camera, at=T0 + seconds(after_s))
    return read_of(one)


def count(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        kept = [
            connection.scalar(select(func.count()).select_from(one)) or 0
            for one in (reads, heartbeats)
        ]
    return kept[0], kept[1]


def test_reads_and_heartbeats_are_kept_once_however_often_they_come(engine: Engine) -> None:
    worker = KeepingWorker(engine, frozenset({"north"}))
    one = read_at("north")
    messages = [
        told(READS, "north", one),
        *(told(HEARTBEATS, "north", beat) for beat in beats("north")),
    ]
    for _ in range(2):
        assert worker.work([*messages, *messages]) == []
    assert count(engine) == (1, 3)
    with engine.connect() as connection:
        assert reads_between(connection, "north", T0, T0) == [one]
        assert [report.behind_ms for report in clock_log(connection, "north", T0)] == [12, 12]


def test_cameras_that_make_no_cases_leave_nothing(engine: Engine) -> None:
    worker = KeepingWorker(engine, case_cameras(zone_site()) - {"south"})
    worker.work([told(READS, "south", read_at("south")), told(READS, "markt", read_at("markt"))])
    assert count(engine) == (1, 0)


def test_what_cannot_be_understood_is_put_aside_and_the_rest_kept(engine: Engine) -> None:
    worker = KeepingWorker(engine, frozenset({"north"}))
    letters = worker.work(
        [
            told(HEARTBEATS, "north", b"{}"),
            told(READS, "north", b"{}"),
            told(READS, "north", read_at("north")),
        ]
    )
    assert [letter.topic for letter in letters] == [DEAD_LETTERS]
    assert count(engine) == (1, 0)


def test_they_are_erased_on_their_day_in_small_steps(engine: Engine) -> None:
    worker = KeepingWorker(engine, frozenset({"north", "south"}))
    for camera in ("north", "south"):
        worker.work(
            [
                *(told(READS, camera, read_at(camera, after)) for after in range(-5, 5)),
                *(told(HEARTBEATS, camera, beat) for beat in beats(camera)),
            ]
        )
    assert erase_kept(engine, to_us(T0), 2) == 2 * (5 + 2)
    assert count(engine) == (2 * 5, 2 * 1)
    assert erase_kept(engine, to_us(T0 - timedelta(days=1)), 2) == 0
