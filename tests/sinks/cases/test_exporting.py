"""Exports: what is interrupted, held up or run twice loses nothing and sends nothing twice."""

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sinks.cases.deciding import Acceptance, Desk, Seen
from sinks.cases.exporting import Sent, export_cases
from sinks.cases.ledger import history_of
from sinks.cases.life import Act, State
from sinks.cases.obstacles import CannotAcceptError
from sinks.evidence.facts import CaseEvent
from sinks.evidence.packing import Packer
from tests.sinks.cases.office import (
    AN,
    NOW,
    accepted,
    case,
    exported,
    several,
)
from tests.sinks.evidence.cases import PLATE, Pictures


def test_a_case_that_cannot_be_packed_says_why_and_goes_once_it_can(
    desk: Desk, event: CaseEvent, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    accepted(desk, event)
    kept = dict(pictures.kept)
    pictures.kept.clear()
    (sent,) = export_cases(desk.engine, desk.site, packer, pictures, tmp_path, AN, NOW)
    (again,) = export_cases(desk.engine, desk.site, packer, pictures, tmp_path, AN, NOW)
    assert (sent.path, again.path) == (None, None)
    found = case(desk.engine, event.id)
    with desk.engine.connect() as connection:
        failures = [one for one in history_of(connection, event.id) if one.act is Act.FAIL]
    assert (found.state, found.reason) == (State.ACCEPTED, "not_packed")
    assert [one.note for one in failures] == [sent.problem]
    pictures.kept.update(kept)
    (sent,) = export_cases(desk.engine, desk.site, packer, pictures, tmp_path, AN, NOW)
    assert sent.path is not None
    assert (case(desk.engine, event.id).state, case(desk.engine, event.id).reason) == (
        "exported",
        "",
    )


def test_an_exported_case_is_not_exported_again(
    desk: Desk, event: CaseEvent, packer: Packer, tmp_path: Path
) -> None:
    exported(desk, event, packer, tmp_path / "out", desk.site)
    again = export_cases(desk.engine, desk.site, packer, desk.images, tmp_path / "out", AN, NOW)
    assert list(again) == []


def test_of_two_exports_at_once_one_sends_and_the_other_spoils_nothing(
    desk: Desk, event: CaseEvent, packer: Packer, tmp_path: Path
) -> None:
    accepted(desk, event)

    def go(_: int) -> list[Sent]:
        out = tmp_path / "out"
        return list(export_cases(desk.engine, desk.site, packer, desk.images, out, AN, NOW))

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(go, range(2)), key=len)
    assert (first, len(second)) == ([], 1)
    assert second[0].path is not None
    assert second[0].path.exists()


def test_what_interrupts_an_export_loses_nothing_and_the_next_goes_on(
    desk: Desk, engine: Engine, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    several(desk, engine, pictures, 5)

    def went(out: str) -> Generator[Sent]:
        folder, also = tmp_path / "out", tmp_path / out
        return export_cases(engine, desk.site, packer, pictures, folder, AN, NOW, also)

    first = went("first")
    begun = [next(first) for _ in range(2)]
    first.close()
    rest = list(went("second"))
    assert len({one.case for one in (*begun, *rest)}) == 5
    assert [len([*(tmp_path / one).glob("case-*.zip")]) for one in ("first", "second")] == [2, 3]
    (batch,) = (tmp_path / "second").glob("batch-*.json")
    rows = [row["case"] for row in json.loads(batch.read_bytes())]
    assert sorted(rows) == sorted(one.case for one in (*begun, *rest))
    assert not (tmp_path / "out" / ".batch.jsonl").exists()


def test_a_package_that_was_written_when_the_program_died_is_written_anew_and_told_once(
    desk: Desk, event: CaseEvent, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    accepted(desk, event)
    out = tmp_path / "out"
    out.mkdir()
    (out / ".batch.jsonl").write_text(f'{{"case": "{event.id}"}}\n{{"case": "oth')
    (sent,) = export_cases(desk.engine, desk.site, packer, pictures, out, AN, NOW)
    assert sent.path is not None
    (batch,) = out.glob("batch-*.json")
    (row,) = json.loads(batch.read_bytes())
    assert (row["case"], row["plate"]) == (event.id, PLATE)


def test_an_export_reads_its_cases_page_by_page(
    desk: Desk, engine: Engine, pictures: Pictures, packer: Packer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    several(desk, engine, pictures, 5)
    monkeypatch.setattr("sinks.cases.exporting.PAGE", 2)
    sent = list(export_cases(engine, desk.site, packer, pictures, tmp_path / "out", AN, NOW))
    assert len({one.path for one in sent}) == 5


def test_a_case_without_its_pictures_is_accepted_for_a_reason_alone(
    desk: Desk, event: CaseEvent, pictures: Pictures, packer: Packer, tmp_path: Path
) -> None:
    pictures.kept.clear()
    with pytest.raises(CannotAcceptError, match="image_missing"):
        accepted(desk, event)
    adding = Acceptance(without_pictures="the officer stood beside it")
    assert desk.accept(AN, event.id, Seen(1), adding).state is State.ACCEPTED
    (sent,) = export_cases(desk.engine, desk.site, packer, pictures, tmp_path / "out", AN, NOW)
    assert sent.path is not None, sent.problem
