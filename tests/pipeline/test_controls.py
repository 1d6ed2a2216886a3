"""Displayed limits among the controls: followed, counted, and given as they stood."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.lists import Entry, ListPart
from anpr.ports import Record
from anpr.signs import DisplayedLimit
from anpr.topics import CONTROLS
from pipeline.controls import Controls, publish_limit, publish_list
from pipeline.logs.memory import MemoryLog
from pipeline.settings import RunSettings
from pipeline.topics import topics_of
from tests.sites import site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> MemoryLog:
    log = MemoryLog(lambda: NOON)
    log.create(topics_of(site(), RunSettings(data=tmp_path)))
    return log


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
