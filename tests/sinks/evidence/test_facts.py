"""The facts of a case: all that its verdict rests on, and nothing that changes by itself."""

import pytest
from sqlalchemy import Engine

from sinks.evidence.facts import CaseEvent, Facts, gather
from sinks.store.casework import correct
from sinks.store.engine import writing
from sinks.store.people import add_account
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0
from tests.sinks.evidence.cases import (
    PLATE,
    Pictures,
    entered,
    speeding,
    stored,
    truck_through,
    zone_site,
)


def gathered(engine: Engine, event: CaseEvent) -> Facts:
    with engine.connect() as connection:
        return gather(connection, zone_site(), event)


@pytest.mark.parametrize(
    "event, roles",
    [
        (speeding(), ["entry", "exit"]),
        (truck_through(), ["entry", "exit"]),
        (entered(), ["gate"]),
    ],
    ids=lambda one: one.kind if hasattr(one, "kind") else "",
)
def test_every_kind_of_case_names_what_each_passage_is_to_it(
    engine: Engine, event: CaseEvent, roles: list[str]
) -> None:
    facts = gathered(engine, stored(engine, Pictures(), event))
    assert [one.role for one in facts.passages] == roles
    assert facts.location.road == "N177"
    assert facts.missing_pictures == []


def test_a_passage_comes_with_all_its_reads_and_the_clock_log_around_it(engine: Engine) -> None:
    facts = gathered(engine, stored(engine, Pictures()))
    entry = facts.passages[0]
    assert [read.id for read in entry.reads] == list(entry.passage.reads)
    assert [len(one.clock_log) for one in facts.passages] == [2, 2]
    assert entry.clock_log[0].behind_ms == 12


def test_the_plates_of_other_vehicles_in_the_picture_are_known(engine: Engine) -> None:
    passages = gathered(engine, stored(engine, Pictures())).passages
    assert [one.beside for one in passages] == [(), ((10, 20, 60, 15),)]
    assert passages[1].box == (280, 200, 80, 20)


def test_reads_and_passages_that_are_gone_are_named(engine: Engine) -> None:
    case = speeding(passages=[*speeding().passages, "gone"])
    facts = gathered(engine, stored(engine, Pictures(), case))
    assert facts.passages_lost == ("gone",)


def test_the_configuration_is_the_one_that_judged(engine: Engine) -> None:
    facts = gathered(engine, stored(engine, Pictures()))
    assert facts.rule.as_judged
    assert facts.rule.configuration == {"section": {"limit_kmh": 70}}


def test_a_configuration_that_is_not_kept_is_said_to_be_todays(engine: Engine) -> None:
    stored(engine, Pictures())
    rule = {"id": "section/n177", "version": "other"}
    facts = gathered(engine, speeding(rule=rule))
    assert not facts.rule.as_judged
    assert isinstance(facts.rule.configuration, dict)
    assert facts.rule.configuration["limit_kmh"] == 70


def test_facts_hold_no_secret(engine: Engine) -> None:
    for event in (speeding(), truck_through(), entered()):
        changed = event.model_copy(
            update={"rule": event.rule.model_copy(update={"version": "other"})}
        )
        told = gathered(engine, changed).model_dump_json()
        assert "env:" not in told


def test_a_correction_stands_beside_the_reading(engine: Engine) -> None:
    case = stored(engine, Pictures())
    with writing(engine) as connection:
        account = add_account(connection, "officer", [Role.TRAFFIC_OFFICER], None, T0)
        correct(connection, case.passages[0], T0, account, "1ABC235", "dirt", T0)
    entry = gathered(engine, case).passages[0]
    assert entry.passage.plate == PLATE
    assert [one.plate for one in entry.corrections] == ["1ABC235"]


@pytest.mark.parametrize(
    "until, held", [("2026-03-01", False), ("2026-03-02", True), ("2026-03-03", True)]
)
def test_a_certificate_holds_on_its_last_day_and_not_after(
    engine: Engine, until: str, held: bool
) -> None:
    instrument = {"device": "d", "approval": "a", "verified_until": until}
    certificate = gathered(engine, speeding(instrument=instrument)).certificate
    assert certificate is not None
    assert certificate.held_on_the_day is held


def test_what_the_event_said_before_stands_beside_it(engine: Engine) -> None:
    stored(engine, Pictures())
    later = speeding(revision=9, verdict="cancelled", reason="clock_off")
    StoreWriter(engine, lambda: T0).write([], [later])
    (before,) = gathered(engine, later).earlier
    assert isinstance(before.event, dict)
    assert before.event["verdict"] == "violation"


def test_facts_survive_their_json_and_do_not_change_by_themselves(engine: Engine) -> None:
    case = stored(engine, Pictures())
    facts = gathered(engine, case)
    assert Facts.model_validate_json(facts.model_dump_json()) == facts
    assert gathered(engine, case).model_dump_json() == facts.model_dump_json()
