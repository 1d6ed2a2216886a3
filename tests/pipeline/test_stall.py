"""One worker stands still while the others go on: its cameras' passages come late to the rules."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from anpr.events import Passage, RuleEvent
from anpr.sites import parse_site
from rules.all import rules_of
from rules.folds import PassageFold, RuleFold, published
from tests.cluster.recording import Recording, record
from tests.sites import SITE_TOML

STALL, LATENESS = timedelta(minutes=10), timedelta(minutes=5)
BEFORE = "[site]\nstall_s = 600\nlateness_s = 300"
STOPS_AT = timedelta(minutes=10)


@pytest.fixture(scope="module")
def recording() -> Recording:
    site = parse_site(SITE_TOML.replace("[site]", BEFORE), "site.toml")
    return record(site, 2500, datetime(2026, 3, 2, 8, tzinfo=UTC))


def passages(recording: Recording) -> Iterator[tuple[datetime, Passage]]:
    """Give passages with the moments at which they are published."""
    fold = PassageFold(recording.site)
    for number, read in enumerate(recording.reads):
        for change in fold.take(read, number):
            for passage in published(change):
                yield read.received_at or read.captured_at, passage


def events(recording: Recording, camera: str, still: timedelta) -> Mapping[str, RuleEvent]:
    """Judge while the worker of a camera stands still for so long; give the last of each event."""
    stops = recording.reads[0].captured_at + STOPS_AT

    def comes_at(told: tuple[datetime, Passage]) -> datetime:
        at, passage = told
        return max(at, stops + still) if passage.camera == camera and at >= stops else at

    fold = RuleFold(recording.site, rules_of(recording.site), recording.lists)
    found: dict[str, RuleEvent] = {}
    for number, (_, passage) in enumerate(sorted(passages(recording), key=comes_at)):
        found |= {change.after.id: change.after for change in fold.take(passage, number)}
    return {id_: event for id_, event in found.items() if not event.withdrawn}


def accused(found: Mapping[str, RuleEvent]) -> set[str]:
    return {id_ for id_, event in found.items() if getattr(event, "verdict", "") == "violation"}


@pytest.mark.parametrize("camera", "abcd")
def test_who_stands_still_for_as_long_as_a_zone_allows_changes_nothing(
    recording: Recording, camera: str
) -> None:
    calm = events(recording, camera, timedelta(0))

    assert events(recording, camera, STALL) == calm


def test_who_stands_still_for_longer_changes_pairs_and_accuses_nobody(
    recording: Recording,
) -> None:
    calm = events(recording, "a", timedelta(0))

    late = events(recording, "a", STALL + LATENESS + timedelta(minutes=10))

    assert late != calm
    assert accused(late) <= accused(calm)
