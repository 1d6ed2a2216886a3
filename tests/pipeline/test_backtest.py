"""Backtest: what a changed limit, threshold or list would add to the cases and take from them."""

import json
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from typer.testing import CliRunner

from anpr.events import PlateRead
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from pipeline.backtest import Backtest, Effect, asks_people, backtest
from pipeline.cli import app
from pipeline.replay import RecordedRead, Zone, replay
from tests.rules.passages import PLATE, read
from tests.rules.worlds import lists, reads, sites
from tests.sites import SITE_TOML, site

SECTION = site().sections[0]
DRIVE = [read("a", 0, confidence=0.95), read("b", 50, confidence=0.95)]
"""1240 m in 50 s: 89 km/h, 83 after correction, where 70 is allowed."""


def with_section(**changes: object) -> Site:
    return site(sections=[{**SECTION.model_dump(mode="json", by_alias=True), **changes}])


def recorded(reads: Iterable[PlateRead]) -> list[RecordedRead]:
    return [RecordedRead(line, one) for line, one in enumerate(reads, 1)]


def compared(
    before: Site, after: Site, reads: Iterable[PlateRead], *, other: Lists | None = None
) -> Backtest:
    none = Lists()
    return backtest(Zone(before, none), Zone(after, other or none), recorded(reads))


def test_a_higher_limit_removes_the_case() -> None:
    tested = compared(site(), with_section(limit_kmh=90), DRIVE)
    (pair,) = tested.pairs
    assert (pair.change, pair.effect) == ("changed", Effect.REMOVED)
    assert (tested.before.total(), tested.after.total()) == (1, 0)
    ((turn, times),) = tested.turns.items()
    assert (turn[0], times) == ("section/n177", 1)
    assert turn[1].startswith("violation")
    assert turn[2] == "ok (within_limit)"


def test_a_lower_threshold_of_confidence_adds_the_case() -> None:
    doubtful = [read("a", 0, confidence=0.8), read("b", 50, confidence=0.95)]
    tested = compared(site(), with_section(min_confidence=0.7), doubtful)
    assert [pair.effect for pair in tested.pairs] == [Effect.ADDED]


def test_another_list_adds_hits() -> None:
    stolen = Lists([PlateList("stolen", 1, None, [Entry(id="s", plate_pattern=PLATE)])])
    tested = compared(site(), site(), DRIVE, other=stolen)
    assert [(pair.change, pair.effect) for pair in tested.pairs] == [("added", Effect.ADDED)] * 2
    assert tested.effects("hotlist") == {Effect.ADDED: 2}


def test_the_same_site_judges_nothing_otherwise() -> None:
    assert compared(site(), site(), DRIVE).pairs == ()


def test_a_camera_that_only_one_site_has_is_named() -> None:
    tested = compared(site(), site(), [read("nowhere", 0)])
    assert [problem.where for problem in tested.problems] == ["line 1", "line 1"]


@settings(deadline=None, max_examples=60)
@given(sites(), sites(), lists(), lists(), reads())
def test_it_differs_by_exactly_what_two_replays_differ_by(
    before: Site, after: Site, held: Lists, others: Lists, reads: list[PlateRead]
) -> None:
    tested = backtest(Zone(before, held), Zone(after, others), recorded(reads))
    old = {one.id: one for one in replay(before, held, recorded(reads)).events}
    new = {one.id: one for one in replay(after, others, recorded(reads)).events}
    for pair in tested.pairs:
        known = pair.before or pair.after
        assert known is not None
        assert (pair.before, pair.after) == (old.pop(known.id, None), new.pop(known.id, None))
    said = [{id_: (one.kind, asks_people(one)) for id_, one in side.items()} for side in (old, new)]
    assert said[0] == said[1], "what is not listed is judged alike"
    assert tested.before.total() - tested.after.total() == sum(
        {Effect.REMOVED: 1, Effect.ADDED: -1}.get(pair.effect, 0) for pair in tested.pairs
    )


def test_the_verb_writes_the_differences_and_sums_them_up(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE_TOML, "utf-8")
    recording = tmp_path / "reads.jsonl"
    recording.write_bytes(b"\n".join(one.to_json() for one in DRIVE))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "stolen.csv").write_text(f"plate_pattern\n{PLATE}\n", "utf-8")
    verb = [str(tmp_path / "site.toml"), str(recording)]
    result = CliRunner().invoke(app, ["replay", *verb, "--against-lists", str(tmp_path / "other")])
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["change"], line["case"], line["before"]) for line in lines] == [
        ("added", "added", None)
    ] * 2
    assert "hotlist" in result.stderr
    assert PLATE not in result.stderr
