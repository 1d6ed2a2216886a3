"""Displayed limits among the controls: followed, counted, and given as they stood."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.list_parts import parts_of
from anpr.lists import Entry, ListPart
from anpr.ports import Message, Record
from anpr.signs import DisplayedLimit
from anpr.topics import CONTROLS
from pipeline.controls import Controls, publish_limit, publish_list
from pipeline.logs.memory import MemoryLog
from pipeline.settings import RunSettings
from pipeline.topics import topics_of
from tests.sites import site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[MemoryLog]:
    with closing(MemoryLog(lambda: NOON)) as log:
        log.create(topics_of(site(), RunSettings(data=tmp_path)))
        yield log


def show(log: MemoryLog, minutes: float, kmh: int | None) -> None:
    at = NOON + timedelta(minutes=minutes)
    publish_limit(log, DisplayedLimit(section="n177", holds_from=at, limit_kmh=kmh))


def shown(controls: Controls, until: int | None = None) -> list[tuple[int, int | None]]:
    signs = controls.lists(until).signs
    found = signs.over("n177", NOON - timedelta(days=1), NOON + timedelta(days=1))
    return [(one.version, one.limit_kmh) for one in found]


def test_a_displayed_limit_has_the_version_of_its_place_in_the_log(log: MemoryLog) -> None:
    controls = Controls(log)
    show(log, 0, 50)
    part = ListPart(
        list="stolen", version=1, holds_from=NOON,
        entries=(Entry(id="1", plate_pattern="1ABC123"),),
    )  # fmt: skip
    publish_list(log, [part])
    show(log, 5, None)
    assert controls.refresh() == 3
    assert shown(controls) == [(1, 50), (3, None)]
    assert controls.lists().names() == ["stolen"]


def test_controls_are_given_as_they_stood_before_an_offset(log: MemoryLog) -> None:
    show(log, 0, 50)
    show(log, 5, 30)
    controls = Controls(log)
    assert shown(controls, until=1) == [(1, 50)]
    assert shown(controls, until=0) == []


def test_a_repetition_changes_nothing_so_that_nobody_judges_again(log: MemoryLog) -> None:
    show(log, 0, 50)
    controls = Controls(log)
    before = controls.refresh()
    show(log, 1, 50)
    assert controls.refresh() == before
    show(log, 2, 30)
    assert controls.refresh() > before


def test_what_is_no_control_is_left_out(log: MemoryLog) -> None:
    log.append(CONTROLS, Record("limit/n177/x", b'{"section": "n177"}'))
    log.flush()
    assert shown(Controls(log)) == []


class Slow(MemoryLog):
    """A log whose reads wait, as those of a big list take long to understand."""

    def __init__(self) -> None:
        super().__init__(lambda: NOON)
        self.is_read = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def read(self, topic: str, start: int = 0) -> Sequence[Message]:
        self.is_read.set()
        self.may_go_on.wait(10)
        return super().read(topic, start)


def test_nobody_waits_for_a_list_that_somebody_else_is_reading(tmp_path: Path) -> None:
    log = Slow()
    log.create(topics_of(site(), RunSettings(data=tmp_path)))
    controls = Controls(log, fresh_for=timedelta(0))
    publish_list(log, parts_of("stolen", 1, NOON, [Entry(id="e", plate_pattern="1ABC123")]))
    log.is_read.clear()
    log.may_go_on.clear()
    reader = threading.Thread(target=controls.refresh)
    reader.start()
    assert log.is_read.wait(10)
    before = controls.follow()
    assert controls.lists().latest("stolen").version == 0
    log.may_go_on.set()
    reader.join(10)
    assert controls.follow() > before
    assert controls.lists().latest("stolen").version == 1
    log.close()


def test_a_version_that_is_not_what_was_sent_leaves_the_one_before(log: MemoryLog) -> None:
    controls = Controls(log)
    publish_list(log, parts_of("stolen", 1, NOON, [Entry(id="e", plate_pattern="1ABC123")]))
    (bad,) = parts_of("stolen", 2, NOON, [Entry(id="f", plate_pattern="2XYZ999")])
    publish_list(log, [bad.model_copy(update={"checksum": "0" * 64})])
    assert controls.newest().latest("stolen").version == 1
