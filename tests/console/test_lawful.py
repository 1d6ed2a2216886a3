"""The gate: purpose, age of the data, decision."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.lawful import Reason, Terms, rule_on
from sinks.store.audit import Grounds
from sinks.store.rights import Purpose

NOW = datetime(2026, 6, 15, tzinfo=UTC)
TERMS = Terms(retention=timedelta(days=365))
MONTH_AGO = NOW - timedelta(days=30)
MOMENT = timedelta(microseconds=1)
JUDICIAL = [Purpose.JUDICIAL, Purpose.TRAFFIC, Purpose.DISAPPEARANCE]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_first_month_is_open_for_every_purpose(purpose: Purpose) -> None:
    ruling = rule_on(Grounds(purpose, "case"), MONTH_AGO, NOW, TERMS)
    assert ruling.is_lawful
    assert ruling.earliest == MONTH_AGO


def test_administrative_police_look_no_further_than_the_first_month() -> None:
    grounds = Grounds(Purpose.ADMINISTRATIVE, "case", "decision")
    ruling = rule_on(grounds, MONTH_AGO - MOMENT, NOW, TERMS)
    assert ruling.reason is Reason.FIRST_MONTH_ONLY
    assert ruling.field == "from"
    assert ruling.earliest == MONTH_AGO


@pytest.mark.parametrize("purpose", JUDICIAL)
def test_after_the_first_month_a_decision_is_needed(purpose: Purpose) -> None:
    ruling = rule_on(Grounds(purpose, "case"), MONTH_AGO - MOMENT, NOW, TERMS)
    assert ruling.reason is Reason.DECISION_NEEDED
    assert ruling.field == "decision_ref"


@pytest.mark.parametrize("purpose", JUDICIAL)
def test_a_decision_opens_the_whole_retention(purpose: Purpose) -> None:
    ruling = rule_on(Grounds(purpose, "case", "decision"), MONTH_AGO - MOMENT, NOW, TERMS)
    assert ruling.is_lawful
    assert ruling.earliest == NOW - timedelta(days=365)


def test_a_blank_decision_is_none() -> None:
    grounds = Grounds(Purpose.JUDICIAL, "case", "  ")
    assert rule_on(grounds, MONTH_AGO - MOMENT, NOW, TERMS).reason is Reason.DECISION_NEEDED


@pytest.mark.parametrize("case_ref", [None, "", "  "])
def test_without_a_case_nothing_opens(case_ref: str | None) -> None:
    grounds = Grounds(Purpose.JUDICIAL, case_ref, "decision")
    assert rule_on(grounds, NOW, NOW, TERMS).reason is Reason.NO_CASE


def test_without_a_purpose_nothing_opens() -> None:
    assert rule_on(Grounds(None, "case", "decision"), NOW, NOW, TERMS).reason is Reason.NO_PURPOSE


def test_a_retention_shorter_than_a_month_bounds_the_first_month() -> None:
    terms = Terms(retention=timedelta(days=7))
    ruling = rule_on(Grounds(Purpose.JUDICIAL, "case"), NOW, NOW, terms)
    assert ruling.earliest == NOW - timedelta(days=7)


@given(
    purpose=st.sampled_from(list(Purpose)),
    decision=st.sampled_from([None, "decision"]),
    age=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365)),
)
def test_a_lawful_look_never_starts_before_the_earliest(
    purpose: Purpose, decision: str | None, age: timedelta
) -> None:
    ruling = rule_on(Grounds(purpose, "case", decision), NOW - age, NOW, TERMS)
    assert ruling.is_lawful == (NOW - age >= ruling.earliest)
