"""A permit or a displayed limit that reaches back changes closed cases, with a trace."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from anpr.events import (
    Access,
    LockTransit,
    LockVerdict,
    Passage,
    SectionTransit,
    parse_event,
)
from anpr.list_parts import parts_of
from anpr.lists import Entry
from anpr.ports import Record
from anpr.signs import DisplayedLimit
from anpr.sites import Site
from anpr.topics import CONTROLS, EVENTS
from pipeline.controls import Controls, publish_limit, publish_list
from pipeline.logs.memory import MemoryLog
from pipeline.rejudge import RejudgeWorker
from pipeline.settings import RunSettings
from pipeline.stage import Stage, StageSpec
from pipeline.topics import topics_of
from rules.all import rules_of
from sinks.cases.deciding import Acceptance, Desk, Seen
from sinks.cases.exporting import export_cases, send_withdrawals
from sinks.cases.ledger import case_by_id
from sinks.delivery.ledger import of_cases
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.images import FolderImages
from sinks.store.closed import history_of
from sinks.store.engine import open_store
from sinks.store.people import Account
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.rules.passages import LOOK_ALIKE, PLATE, after, by_time, passage
from tests.sites import site

TRUCK = {"class": "truck", "confidence": 0.95}
SITE = site()
CLOSED = timedelta(seconds=SITE.site.lateness_s + SITE.site.stall_s)
LONG_AFTER = after(0) + timedelta(days=3)


class Zone:
    """A store with what the rules once made of some passages, and a log of controls."""

    def __init__(self, folder: Path) -> None:
        self.now = LONG_AFTER
        self.site = SITE
        self.log = MemoryLog(lambda: self.now)
        self.log.create(topics_of(SITE, RunSettings(data=folder)))
        self.engine: Engine = open_store(f"sqlite:///{folder / 'store.db'}")
        self.writer = StoreWriter(self.engine, lambda: self.now)
        self.controls = Controls(self.log, fresh_for=timedelta(0))
        for name in SITE.permit_lists:  # loaded, as version 1, with nobody on it
            self.permit(0, after(-86_400), name=name)
        self.read_until = self.controls.refresh()

    def passed(self, *passages: Passage) -> list[Any]:
        """Store passages, and what the rules made of them when they were seen."""
        self.controls.refresh()
        ordered = by_time(*passages)
        events = [
            event
            for rule in rules_of(self.site)
            for event in rule.judge(ordered, self.controls.lists())
        ]
        self.writer.write(ordered, events)
        self.read_until = self.controls.refresh()
        return events

    def permit(
        self,
        version: int,
        holds_from: datetime,
        *entries: dict[str, Any],
        name: str = "relst-permits",
    ) -> None:
        made = [
            Entry.model_validate({"id": str(number), "plate_pattern": PLATE, **one})
            for number, one in enumerate(entries)
        ]
        publish_list(self.log, list(parts_of(name, 1 + version, holds_from, tuple(made))))

    def rejudged(self, *, again: bool = False) -> list[Any]:
        """Work on the new controls as the stage does; store what comes out."""
        worker = RejudgeWorker(
            self.site, rules_of(self.site), self.controls, self.engine, lambda: self.now
        )
        messages = self.log.read(CONTROLS, self.read_until)
        outputs = worker.work(messages)
        events = [parse_event(output.record.value) for output in outputs]
        self.writer.write([], events)
        if not again:
            assert self.rejudged(again=True) == [], "a second time changes nothing"
        return events


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    zone = Zone(tmp_path)
    yield zone
    zone.engine.dispose()


def through(at: float = 0, plate: str = PLATE) -> Sequence[Passage]:
    return (
        passage("c", at, plate, vehicle=TRUCK),
        passage("d", at + 300, plate, vehicle=TRUCK),
    )


def test_a_permit_written_down_days_later_exempts_the_closed_case(zone: Zone) -> None:
    (case,) = zone.passed(*through())
    assert isinstance(case, LockTransit)
    assert case.verdict == "through"
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    (changed,) = zone.rejudged()
    assert isinstance(changed, LockTransit)
    assert (changed.id, changed.verdict, changed.reason) == (case.id, "exempt", "permit")
    assert (changed.permit_list, changed.permit_version) == ("relst-permits", 2)
    assert changed.revision > case.revision


def test_a_permit_written_down_days_later_withdraws_the_case_that_was_sent(
    zone: Zone, tmp_path: Path
) -> None:
    (case,) = zone.passed(*through())
    assert isinstance(case, LockTransit)
    officer = Account("an", frozenset({Role.TRAFFIC_OFFICER}))
    desk = Desk(zone.engine, SITE, FolderImages(tmp_path / "images"), lambda: LONG_AFTER)
    desk.review(officer, case.id, Seen(0), PLATE)
    desk.accept(officer, case.id, Seen(1), Acceptance(without_pictures="a film is kept"))
    KeyRing(tmp_path / "keys").create(after(0))
    packer, out = Packer(tmp_path / "keys", SITE.evidence, str), tmp_path / "out"
    told = SITE.model_dump(by_alias=True, mode="json")
    receiving = Site.model_validate({**told, "receivers": {"traffic": {"to": "folder:/in"}}})
    sent = zone.engine, receiving, packer
    (one,) = export_cases(*sent, desk.images, out, officer, LONG_AFTER)
    assert one.path is not None, one.problem
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    zone.rejudged()
    assert send_withdrawals(*sent, out, LONG_AFTER) == 1
    with zone.engine.connect() as connection:
        found = case_by_id(connection, case.id)
        consigned = [one.kind.value for one in of_cases(connection, [case.id])[case.id]]
    assert (found.state, found.reason, found.owes_withdrawal) == ("withdrawn", "permit", False)
    assert consigned == ["package", "withdrawal"]


def test_the_trace_says_what_the_case_was_before(zone: Zone) -> None:
    (case,) = zone.passed(*through())
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    zone.rejudged()
    (said,) = history_of(zone.engine, case.id)
    assert (said.event, said.until) == (case, LONG_AFTER)


def test_only_the_plates_that_a_permit_covers_are_judged_again(zone: Zone) -> None:
    zone.passed(*through(), *through(1000, "2XYZ999"), *through(2000, LOOK_ALIKE))
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    found = {event.plate: event.reason for event in zone.rejudged() if event.kind == "lock_transit"}
    assert found == {PLATE: "permit", LOOK_ALIKE: "look_alike_permit"}


def test_a_permit_without_a_start_changes_nothing_of_the_past(zone: Zone) -> None:
    zone.passed(*through())
    zone.permit(1, LONG_AFTER, {})
    assert zone.rejudged() == []


def test_a_withdrawal_that_reaches_back_opens_the_case_again(zone: Zone) -> None:
    zone.permit(1, after(-86_400), {})
    (exempt,) = zone.passed(*through())
    assert exempt.verdict == "exempt"
    zone.permit(2, LONG_AFTER)
    assert zone.rejudged() == []
    zone.read_until = zone.controls.refresh()
    zone.permit(3, after(0))
    (changed,) = zone.rejudged()
    assert (changed.verdict, changed.reason) == ("through", "within_time")


def test_what_the_folds_still_remember_is_theirs_to_judge(zone: Zone) -> None:
    zone.passed(*through())
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    zone.now = after(300) + CLOSED
    assert zone.rejudged() == []
    zone.now += timedelta(microseconds=1)
    assert len(zone.rejudged()) == 1


def test_a_case_whose_passages_were_erased_stays_as_it_is(zone: Zone) -> None:
    events = zone.passed(*through())
    zone.writer.write([through()[0].model_copy(update={"withdrawn": True, "revision": 9})], [])
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})
    assert (len(events), zone.rejudged()) == (1, [])


def test_a_changed_site_file_makes_no_case_of_the_past(zone: Zone) -> None:
    zone.permit(1, after(-86_400), {})
    (exempt,) = zone.passed(*through())
    stricter = {**SITE.locks[0].model_dump(by_alias=True), "through_within_s": 300.0}
    zone.site = site(locks=[{**stricter, "pairs": {}, "permits": "relst-permits"}])
    changed = {"verdict": LockVerdict.LOCAL, "reason": "stayed", "revision": 99}
    longer = exempt.model_copy(update=changed)
    zone.writer.write([], [longer])
    zone.permit(2, after(0))
    assert zone.rejudged() == []


def test_a_permit_for_a_zone_clears_the_closed_access(zone: Zone) -> None:
    (flagged,) = zone.passed(passage("g", 0))
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)}, name="bewoners")
    (changed,) = zone.rejudged()
    assert isinstance(changed, Access)
    assert (changed.id, changed.decision) == (flagged.id, "allow")


def display(zone: Zone, seconds: float, kmh: int | None) -> None:
    limit = DisplayedLimit(section="n177", holds_from=after(seconds), limit_kmh=kmh)
    publish_limit(zone.log, limit)


def test_a_displayed_limit_that_became_known_late_counts(zone: Zone) -> None:
    (case,) = zone.passed(passage("a", 0), passage("b", 45))
    assert case.verdict == "violation"
    display(zone, -60, 110)
    (changed,) = zone.rejudged()
    assert isinstance(changed, SectionTransit)
    assert (changed.verdict, changed.limit_kmh, changed.limit_source) == ("ok", 110, "sign")


def test_a_displayed_limit_reaches_no_further_than_the_next(zone: Zone) -> None:
    display(zone, 10, 70)
    first, second = zone.passed(
        passage("a", 0), passage("b", 45), passage("a", 5000), passage("b", 5045)
    )
    display(zone, -60, 110)
    (changed,) = zone.rejudged()
    assert (changed.id, second.verdict) == (first.id, "violation")


def test_what_is_no_control_changes_nothing(zone: Zone) -> None:
    zone.passed(passage("a", 0), passage("b", 45))
    zone.log.append(CONTROLS, Record("limit/n177/x", b"{}"))
    zone.log.append(CONTROLS, Record("list/relst-permits/9/0", b"{}"))
    zone.log.flush()
    display(zone, 0, 30)
    limit = DisplayedLimit(section="gone", holds_from=after(0), limit_kmh=30)
    publish_limit(zone.log, limit)
    assert [event.kind for event in zone.rejudged()] == ["section_transit"]


def test_as_a_stage_it_goes_on_where_it_committed(zone: Zone) -> None:
    (case,) = zone.passed(*through())
    worker = RejudgeWorker(
        zone.site, rules_of(zone.site), zone.controls, zone.engine, lambda: zone.now
    )
    spec = StageSpec("rejudge", [CONTROLS], lambda _: worker)
    zone.permit(1, LONG_AFTER, {"valid_from": after(0)})

    def published() -> list[str]:
        stage = Stage(spec, zone.log)
        for _ in range(5):
            stage.turn(timedelta(milliseconds=1))
        stage.leave()
        return [parse_event(message.record.value).id for message in zone.log.read(EVENTS)]

    assert published() == [case.id]
    assert published() == [case.id], "nothing is worked on twice"
