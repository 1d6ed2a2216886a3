"""The two keyed hops on a log: what they make of reads, lists and restarts."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from anpr.events import Hit, PlateRead, RuleEvent, SectionTransit, parse_event
from anpr.lists import Entry, ListPart, Lists
from anpr.ports import Log, Record
from anpr.signs import DisplayedLimit
from anpr.topics import DEAD_LETTERS, EVENTS, PASSAGES, READS
from pipeline.controls import Controls, publish_limit, publish_list
from pipeline.logs.memory import MemoryLog
from pipeline.replay import RecordedRead, replay
from pipeline.settings import RunSettings
from pipeline.stage import Stage, StageSpec
from pipeline.topics import topics_of
from pipeline.workers import PassageWorker, RulesWorker
from rules.all import rules_of
from rules.folds import RuleFold
from tests.sites import site

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOON = timedelta(milliseconds=20)
SITE = site()


class Line:
    """The passage and rules stages on a log, by hand."""

    def __init__(self, log: Log) -> None:
        self.log = log
        controls = Controls(log, fresh_for=timedelta(0))
        fold_for = partial(RuleFold, SITE, rules_of(SITE))
        self.stages = [
            Stage(StageSpec("passage", [READS], lambda _: PassageWorker(SITE)), log),
            Stage(
                StageSpec(
                    "rules",
                    [PASSAGES],
                    lambda commit: RulesWorker(fold_for, controls, commit),
                    idle_after=timedelta(0),
                ),
                log,
            ),
        ]

    def drain(self) -> None:
        quiet = 0
        for _ in range(500):
            done = sum(stage.turn(SOON) for stage in self.stages)
            waiting = sum(self.log.backlog("passage", READS).values())
            waiting += sum(self.log.backlog("rules", PASSAGES).values())
            quiet = 0 if done or waiting else quiet + 1
            if quiet > 3:
                return
        raise AssertionError("the line did not get through")

    def leave(self) -> None:
        for stage in self.stages:
            stage.leave()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[MemoryLog]:
    log = MemoryLog(lambda: START)
    log.create(topics_of(SITE, RunSettings(tmp_path)))
    yield log
    log.close()


def read(camera: str, second: float, plate: str | None, **more: object) -> PlateRead:
    at = START + timedelta(seconds=second)
    fields = {"camera": camera, "captured_at": at, "plate": plate, "confidence": 0.95}
    return PlateRead.model_validate({**fields, "received_at": at, **more})


def push(log: Log, reads: Sequence[PlateRead]) -> None:
    for one in reads:
        log.append(READS, Record(one.camera, one.to_json()))
    log.flush()


def published(log: Log) -> list[RuleEvent]:
    return [parse_event(message.record.value) for message in log.read(EVENTS)]  # type: ignore[misc]


def standing(log: Log) -> dict[str, RuleEvent]:
    """What a sink would keep: the highest revision of each id, a live one before a withdrawn."""
    best: dict[str, RuleEvent] = {}
    for event in published(log):
        known = best.get(event.id)
        if known is None or (event.revision, not event.withdrawn) > (
            known.revision,
            not known.withdrawn,
        ):
            best[event.id] = event
    return {id_: event for id_, event in best.items() if not event.withdrawn}


def stolen(version: int, *plates: str, holds_from: datetime = START) -> list[ListPart]:
    entries = tuple(Entry(id=f"entry-{plate}", plate_pattern=plate) for plate in plates)
    return [ListPart(list="stolen", version=version, holds_from=holds_from, entries=entries)]


def test_reads_become_a_section_transit_and_a_hit(log: MemoryLog) -> None:
    publish_list(log, stolen(1, "1ABC123"))
    line = Line(log)
    push(log, [read("a", 0, "1ABC123"), read("b", 50, "1ABC123")])
    line.drain()
    events = standing(log).values()
    (transit,) = [event for event in events if isinstance(event, SectionTransit)]
    assert (transit.verdict, transit.duration_s) == ("violation", 50.0)
    assert [event.list for event in events if isinstance(event, Hit)] == ["stolen", "stolen"]


def test_the_line_and_the_replay_of_the_same_reads_agree(log: MemoryLog) -> None:
    reads = [
        read("a", 0, "1ABC123"),
        read("b", 50, "1ABC123"),
        read("a", 10, "2XYZ987"),
        read("c", 20, "1TRK777", vehicle={"class": "truck", "confidence": 0.9}),
        read("b", 61, "2XYZ987", confidence=0.5),
        read("d", 300, "1TRK777"),
        read("g", 90, "1BOB123"),
    ]
    line = Line(log)
    push(log, reads)
    line.drain()
    recorded = [RecordedRead(number, one) for number, one in enumerate(reads, start=1)]
    replayed = {event.id: event for event in replay(SITE, Lists(), recorded).events}
    assert standing(log) == replayed
    assert {event.kind for event in replayed.values()} >= {"section_transit", "lock_transit"}


def test_a_list_imported_meanwhile_is_judged_against_what_is_remembered(log: MemoryLog) -> None:
    line = Line(log)
    push(log, [read("a", 0, "1ABC123")])
    line.drain()
    assert not standing(log)
    publish_list(log, stolen(1, "1ABC123"))
    line.drain()
    assert [event.kind for event in standing(log).values()] == ["hit"]


def test_a_displayed_limit_that_comes_after_the_passages_changes_their_verdict(
    log: MemoryLog,
) -> None:
    line = Line(log)
    push(log, [read("a", 0, "1ABC123"), read("b", 50, "1ABC123")])
    line.drain()
    (before,) = standing(log).values()
    holds_from = START - timedelta(seconds=60)
    publish_limit(log, DisplayedLimit(section="n177", holds_from=holds_from, limit_kmh=110))
    line.drain()
    (now,) = standing(log).values()
    assert isinstance(before, SectionTransit)
    assert isinstance(now, SectionTransit)
    assert (before.verdict, now.verdict, now.limit_source) == ("violation", "ok", "sign")
    assert (now.id, now.revision > before.revision) == (before.id, True)


def test_a_list_version_holds_from_its_time_on(log: MemoryLog) -> None:
    publish_list(log, stolen(1, "1ABC123", holds_from=START + timedelta(seconds=10)))
    line = Line(log)
    push(log, [read("a", 0, "1ABC123"), read("b", 20, "1ABC123")])
    line.drain()
    hits = [event for event in standing(log).values() if isinstance(event, Hit)]
    assert [hit.camera for hit in hits] == ["b"]


def test_a_list_imported_while_the_rules_were_down_still_gives_its_hits(log: MemoryLog) -> None:
    line = Line(log)
    push(log, [read("a", 0, "1ABC123")])
    line.drain()
    line.leave()
    publish_list(log, stolen(1, "1ABC123"))
    Line(log).drain()
    assert [event.kind for event in standing(log).values()] == ["hit"]


@pytest.mark.parametrize("cut", range(5))
def test_a_restart_anywhere_changes_no_event(
    log: MemoryLog, cut: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    reads = [
        read("a", 0, "1ABC123"),
        read("b", 50, "1ABC123"),
        read("a", 51, "1ABC123"),
        read("b", 90, "1ABC128"),
    ]
    first = Line(log)
    push(log, reads[:cut])
    first.drain()
    first.leave()
    second = Line(log)
    push(log, reads[cut:])
    second.drain()
    whole = MemoryLog(lambda: START)
    request.addfinalizer(whole.close)
    whole.create(topics_of(SITE, RunSettings(tmp_path)))
    push(whole, reads)
    Line(whole).drain()
    assert standing(log) == standing(whole)
    assert len(published(log)) == len(published(whole)), "nothing is published twice"


def test_a_better_read_moves_a_passage_and_what_rested_on_it(log: MemoryLog) -> None:
    line = Line(log)
    push(log, [read("a", 0, "1ABC123", track="t", confidence=0.6), read("b", 50, "1ABC123")])
    line.drain()
    before = standing(log)
    assert len(before) == 1
    push(log, [read("a", 1, "1ABC729", track="t", confidence=0.99)])
    line.drain()
    assert not standing(log), "the entry was another plate: the transit is withdrawn"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "PlateRead: not valid in message"),
        (b'{"camera":"a","plate":"1ABC123"}', "PlateRead: not valid in captured_at"),
        (
            b'{"camera":"nowhere","captured_at":"2026-03-02T08:00:00Z","plate":"1ABC123"}',
            "no camera",
        ),
    ],
)
def test_a_read_that_cannot_be_understood_is_a_dead_letter(
    log: MemoryLog, value: bytes, reason: str
) -> None:
    line = Line(log)
    log.append(READS, Record("a", value))
    push(log, [read("a", 0, "1ABC123")])
    line.drain()
    (letter,) = log.read(DEAD_LETTERS)
    assert letter.record.value == value
    assert reason in letter.record.headers["reason"]
    assert "1ABC123" not in letter.record.headers["reason"]
    assert len(log.read(PASSAGES)) == 1


ORDERS: Sequence[Callable[[list[PlateRead]], list[PlateRead]]] = (
    lambda reads: reads,
    lambda reads: reads[::-1],
    lambda reads: reads[1::2] + reads[::2],
)


@pytest.mark.parametrize("order", ORDERS, ids=["as driven", "reversed", "mixed"])
def test_any_order_of_arrival_gives_the_same_verdicts(
    log: MemoryLog, order: Callable[[list[PlateRead]], list[PlateRead]]
) -> None:
    reads = [
        read("a", 0, "1ABC123"),
        read("b", 50, "1ABC123"),
        read("a", 600, "1ABC123"),
        read("b", 700, "1ABC123"),
        read("c", 5, "1TRK777", vehicle={"class": "truck", "confidence": 0.9}),
        read("e", 400, "1TRK777"),
    ]
    publish_list(log, [ListPart(list="relst-permits", version=1, holds_from=START)])
    line = Line(log)
    push(log, order(reads))
    line.drain()
    verdicts = sorted(
        (event.kind, event.at.isoformat(), str(getattr(event, "verdict", "")))
        for event in standing(log).values()
    )
    assert verdicts == [
        ("lock_transit", "2026-03-02T08:06:40+00:00", "through"),
        ("section_transit", "2026-03-02T08:00:50+00:00", "violation"),
        ("section_transit", "2026-03-02T08:11:40+00:00", "ok"),
    ]
