"""Deciding cases: the review, the acceptance, what keeps it back, and what the store keeps."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from sinks.cases.deadlines import deadline_of
from sinks.cases.deciding import Desk, Seen
from sinks.cases.exporting import facts_of
from sinks.cases.ledger import StaleCaseError, find_cases, history_of
from sinks.cases.life import Act, CaseError, Reason, State, WrongStateError
from sinks.cases.obstacles import CannotAcceptError, Obstacle
from sinks.cases.tables import case_history, case_images, cases
from sinks.evidence.facts import CaseEvent
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.store.audit import latest_audit, verify_chain
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, transit
from tests.sinks.cases.office import AN, BO, NEW, NOW, accepted, case, judged_anew
from tests.sinks.evidence.cases import PLATE, Pictures, entered, speeding, stored, truck_through
from tests.sinks.evidence.cases import zone_site as plain_site


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
