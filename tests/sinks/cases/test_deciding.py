"""Deciding cases: the review, the acceptance, what undoes them, and what the store keeps of it."""

import json
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from anpr.sites import Site
from sinks.cases.deadlines import deadline_of
from sinks.cases.deciding import (
    Acceptance,
    CannotAcceptError,
    Desk,
    Obstacle,
    Registry,
    Seen,
)
from sinks.cases.exporting import Sent, export_cases, facts_of, send_withdrawals
from sinks.cases.ledger import Case, StaleCaseError, case_by_id, find_cases, history_of
from sinks.cases.life import Act, CaseError, Reason, State, WrongStateError
from sinks.cases.receipts import hear
from sinks.cases.tables import case_history, case_images, cases
from sinks.delivery.ledger import State as Consigned
from sinks.delivery.ledger import of_cases, settle
from sinks.evidence.facts import CaseEvent
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.audit import latest_audit, verify_chain
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, transit
from tests.sinks.evidence.cases import PLATE, Pictures, entered, speeding, stored, truck_through
from tests.sinks.evidence.cases import zone_site as plain_site

AN, BO = (Account(name, frozenset({Role.TRAFFIC_OFFICER})) for name in ("an", "bo"))
NEW = Seen(0)
NOW = T0 + timedelta(days=1)


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def event(engine: Engine, pictures: Pictures) -> CaseEvent:
    return stored(engine, pictures)


@pytest.fixture
def desk(engine: Engine, pictures: Pictures, event: CaseEvent) -> Desk:
    return Desk(engine, plain_site(), pictures, lambda: NOW)


@pytest.fixture
def packer(tmp_path: Path) -> Packer:
    KeyRing(tmp_path / "keys").create(T0)
    return Packer(tmp_path / "keys", plain_site().evidence, str)


def case(engine: Engine, id_: str) -> Case:
    with engine.connect() as connection:
        return case_by_id(connection, id_)


def judged_anew(engine: Engine, event: CaseEvent, **changes: Any) -> None:
    said = {**event.model_dump(by_alias=True), "revision": event.revision + 1, **changes}
    changed = type(event).model_validate(said)
    StoreWriter(engine, lambda: NOW).write([], [changed])


def accepted(desk: Desk, event: CaseEvent) -> Case:
    found = desk.review(AN, event.id, NEW, "1-abc-234")
    return desk.accept(AN, event.id, Seen(found.version), Acceptance(Registry.AGREES, "PV 1", "44"))


def exported(desk: Desk, event: CaseEvent, packer: Packer, out: Path, site: Site) -> Case:
    accepted(desk, event)
    (sent,) = export_cases(desk.engine, site, packer, desk.images, out, AN, NOW)
    assert sent.path is not None, sent.problem
    return case(desk.engine, event.id)


def several(desk: Desk, engine: Engine, pictures: Pictures, count: int) -> None:
    """Have several cases accepted, one after the other in time."""
    first = stored(engine, pictures)
    for number in range(count):
        said = {"id": f"{first.id}-{number}", "at": T0 + timedelta(seconds=number)}
        one = first.model_copy(update=said)
        if number:
            StoreWriter(engine, lambda: T0).write([], [one])
        accepted(desk, one if number else first)


def receiving_site(tmp_path: Path) -> Site:
    receivers = {"parket": {"to": f"folder:{tmp_path}/in"}}
    return Site.model_validate({**plain_site().model_dump(by_alias=True), "receivers": receivers})


@pytest.mark.parametrize("make", [speeding, truck_through, entered])
def test_cases_of_all_kinds_go_the_same_way(
    engine: Engine, pictures: Pictures, make: Callable[[], CaseEvent]
) -> None:
    event = stored(engine, pictures, make())
    desk = Desk(engine, plain_site(), pictures, lambda: NOW)
    assert accepted(desk, event).state is State.ACCEPTED
    with engine.connect() as connection:
        steps = [(one.act, one.account) for one in history_of(connection, event.id)]
        assert steps == [(Act.AGREE, "an"), (Act.ACCEPT, "an")]
        assert verify_chain(connection).broken_at is None


def test_the_facts_are_those_of_the_review_with_what_the_officer_found(
    desk: Desk, event: CaseEvent
) -> None:
    facts = facts_of(accepted(desk, event))
    assert facts is not None
    assert facts.review is not None
    assert (facts.event, facts.review.plate_seen) == (event, PLATE)
    assert (facts.review.registry, facts.review.pv_number) == ("agrees", "PV 1")


def test_another_plate_than_the_case_s_own_rejects_it(desk: Desk, event: CaseEvent) -> None:
    found = desk.review(AN, event.id, NEW, "1XYZ999")
    assert (found.state, found.reason, found.facts) == (State.REJECTED, "differs", None)


def test_the_reason_other_needs_a_note(desk: Desk, event: CaseEvent) -> None:
    with pytest.raises(CaseError, match="needs a note"):
        desk.reject(AN, event.id, NEW, Reason.OTHER)
    found = desk.reject(AN, event.id, NEW, Reason.OTHER, note="a film was shot")
    assert found.state is State.REJECTED


def test_who_decides_on_what_somebody_changed_meanwhile_is_told_who_and_what(
    desk: Desk, event: CaseEvent
) -> None:
    desk.review(BO, event.id, NEW, PLATE)
    with pytest.raises(StaleCaseError, match=r"bo changed the case .* from candidate to reviewed"):
        desk.reject(AN, event.id, NEW, Reason.TEST)
    assert case(desk.engine, event.id).state is State.REVIEWED


def test_who_looked_at_an_older_revision_looks_again(desk: Desk, event: CaseEvent) -> None:
    judged_anew(desk.engine, event, corrected_kmh=84)
    with pytest.raises(StaleCaseError, match="judged anew"):
        desk.review(AN, event.id, Seen(0, event.revision), PLATE)


def test_nobody_accepts_what_was_not_reviewed(desk: Desk, event: CaseEvent) -> None:
    with pytest.raises(WrongStateError, match="candidate"):
        desk.accept(AN, event.id, NEW)


@pytest.mark.parametrize(
    "instrument, obstacle",
    [
        (None, Obstacle.NO_CERTIFICATE),
        (
            {"device": "d", "approval": "a", "verified_until": "2026-03-01"},
            Obstacle.CERTIFICATE_NOT_VALID,
        ),
    ],
)
def test_a_section_s_case_without_a_certificate_of_the_day_is_not_accepted(
    engine: Engine, pictures: Pictures, instrument: Any, obstacle: Obstacle
) -> None:
    event = stored(engine, pictures, speeding(instrument=instrument))
    desk = Desk(engine, plain_site(), pictures, lambda: NOW)
    with pytest.raises(CannotAcceptError) as refused:
        accepted(desk, event)
    assert refused.value.obstacles == (obstacle,)
    assert case(engine, event.id).state is State.REVIEWED


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


def test_several_sections_in_a_row_are_one_case_the_highest(
    engine: Engine, pictures: Pictures
) -> None:
    higher = stored(engine, pictures)
    lower = transit(
        "lower", plate=PLATE, verdict="violation", corrected_kmh=72,
        passages=(higher.passages[1], "beyond"),
    )  # fmt: skip
    StoreWriter(engine, lambda: T0).write([], [lower])
    desk = Desk(engine, plain_site(), pictures, lambda: NOW)
    with pytest.raises(CaseError, match=higher.id):
        desk.review(AN, lower.id, NEW, PLATE)
    desk.reject(AN, higher.id, NEW, Reason.IMAGE_MISSING)
    assert desk.review(AN, lower.id, NEW, PLATE).state is State.REVIEWED


def test_a_later_revision_reopens_a_case_and_another_number_alone_does_not(
    desk: Desk, event: CaseEvent
) -> None:
    accepted(desk, event)
    judged_anew(desk.engine, event)
    assert case(desk.engine, event.id).state is State.ACCEPTED
    judged_anew(desk.engine, event, revision=event.revision + 2, corrected_kmh=84)
    found = case(desk.engine, event.id)
    assert (found.state, found.reason, found.facts) == (State.CANDIDATE, "revised", None)
    assert desk.review(AN, event.id, Seen(found.version), PLATE).state is State.REVIEWED


@pytest.mark.parametrize(
    "changes", [{"withdrawn": True}, {"verdict": "cancelled", "reason": "clock_off"}]
)
def test_a_case_whose_event_no_longer_stands_lapses(
    desk: Desk, event: CaseEvent, changes: dict[str, Any]
) -> None:
    accepted(desk, event)
    judged_anew(desk.engine, event, **changes)
    found = case(desk.engine, event.id)
    assert (found.state, found.owes_withdrawal) == (State.WITHDRAWN, False)


def test_what_was_exported_is_withdrawn_and_its_receiver_is_told_once(
    desk: Desk, event: CaseEvent, packer: Packer, tmp_path: Path
) -> None:
    site = receiving_site(tmp_path)
    assert exported(desk, event, packer, tmp_path / "out", site).state is State.EXPORTED
    judged_anew(desk.engine, event, verdict="cancelled", reason="clock_off")
    assert case(desk.engine, event.id).owes_withdrawal
    told = [send_withdrawals(desk.engine, site, packer, tmp_path / "out", NOW) for _ in range(2)]
    assert told == [1, 0]
    with desk.engine.connect() as connection:
        assert len(of_cases(connection, [event.id])[event.id]) == 2, "a package and its withdrawal"


@pytest.mark.parametrize(
    "said, state", [(Consigned.RECEIVED, State.RECEIVED), (Consigned.REFUSED, State.REFUSED)]
)
def test_a_case_hears_what_its_receiver_says(
    desk: Desk, event: CaseEvent, packer: Packer, tmp_path: Path, said: Consigned, state: State
) -> None:
    exported(desk, event, packer, tmp_path / "out", receiving_site(tmp_path))
    with writing(desk.engine) as connection:
        (one,) = of_cases(connection, [event.id])[event.id]
        settle(connection, one, said, "receipt 7", NOW)
        (one,) = of_cases(connection, [event.id])[event.id]
        hear(connection, one)
    assert case(desk.engine, event.id).state is state


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


def test_every_step_is_in_the_audit(desk: Desk, event: CaseEvent) -> None:
    accepted(desk, event)
    with desk.engine.connect() as connection:
        did = [(row.account, row.action) for row in latest_audit(connection, 5)]
    assert did == [("an", "case"), ("an", "review")]


def test_cases_are_found_by_their_state_touched_or_not(
    desk: Desk, engine: Engine, event: CaseEvent
) -> None:
    StoreWriter(engine, lambda: T0).write([], [entered()])

    def states(*wanted: State) -> list[str]:
        with engine.connect() as connection:
            return [one.id for one in find_cases(connection, 10, states=wanted)]

    assert set(states(State.CANDIDATE)) == {event.id, entered().id}
    accepted(desk, event)
    assert states(State.CANDIDATE) == [entered().id]
    assert states(State.ACCEPTED) == [event.id]
    assert set(states()) == {event.id, entered().id}


@pytest.mark.parametrize(
    "days, state", [(0, "ahead"), (10, "ahead"), (12, "near"), (14.6, "near"), (15, "overdue")]
)
def test_the_deadline_is_the_end_of_the_fourteenth_day(
    desk: Desk, event: CaseEvent, days: float, state: str
) -> None:
    found = case(desk.engine, event.id)
    assert deadline_of(found, desk.site, T0 + timedelta(days=days)).state == state


def test_a_case_holds_its_pictures_and_is_erased_after_its_closing(
    engine: Engine, tmp_path: Path
) -> None:
    folder = FolderImages(tmp_path / "images")
    pictures = Pictures()
    event = stored(engine, pictures)
    desk = Desk(engine, plain_site(), pictures, lambda: NOW)
    accepted(desk, event)
    for image in pictures.kept.values():
        folder.put(image)
    held = select(case_images.c.reference)
    with engine.connect() as connection:
        references = connection.scalars(held).all()
    retention = plain_site().retention
    sweep(engine, folder, retention, T0 + timedelta(days=60))
    assert len(references) == 4
    assert all(folder.get(one) is not None for one in references)
    desk.reject(AN, event.id, Seen(2), Reason.TEST)
    assert sweep(engine, folder, retention, NOW + timedelta(days=365)).cases == 0
    assert sweep(engine, folder, retention, NOW + timedelta(days=365.1)).cases == 1
    with engine.connect() as connection:
        for table in (cases, case_history, case_images):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert all(folder.get(one) is None for one in references)
