"""A lock that asks people too often in a day says that it is unfit instead of flooding them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from anpr.events import LockTransit
from sinks.fitness import is_unfit, unfit_days, watch_locks
from sinks.store.clearance import Clearance
from sinks.store.questions import Period, find_events
from sinks.store.rights import Role
from sinks.store.writer import StoreWriter
from tests.sinks.build import T0, lock_transit, site

SITE = site(
    locks=[
        {
            "id": name, "entries": ["north"], "exits": ["south"], "through_within_s": 900,
            "review_max_per_day": 3,
        }
        for name in ("relst", "other")
    ]
)  # fmt: skip
OFFICER = Clearance(frozenset({Role.TRAFFIC_OFFICER}))
MONTH = Period(T0 - timedelta(days=31), T0 + timedelta(days=31))


def asked(count: int, start: datetime = T0, **changes: Any) -> list[LockTransit]:
    return [
        lock_transit(
            f"{start}-{number}", at=start + timedelta(seconds=number), verdict="review",
            reason="class_unsure", **changes,
        )
        for number in range(count)
    ]  # fmt: skip


def write(engine: Engine, *events: LockTransit) -> None:
    StoreWriter(engine, lambda: T0).write([], events)


@pytest.mark.parametrize(("count", "expected"), [(2, False), (3, False), (4, True)])
def test_above_the_most_of_a_day_a_lock_is_unfit(
    engine: Engine, count: int, expected: bool
) -> None:
    write(engine, *asked(count), *asked(2, lock="other"))
    with engine.connect() as connection:
        found = unfit_days(connection, SITE, MONTH)
        assert is_unfit(connection, SITE, "relst", T0) is expected
        assert not is_unfit(connection, SITE, "other", T0)
    assert [(day.lock, day.day, day.reviews, day.most) for day in found] == [
        ("relst", date(2026, 3, 2), 4, 3)
    ] * expected


def test_what_is_decided_or_withdrawn_waits_for_nobody(engine: Engine) -> None:
    write(engine, *asked(4))
    write(engine, asked(4)[0].model_copy(update={"revision": 9, "withdrawn": True}))
    with engine.connect() as connection:
        assert unfit_days(connection, SITE, MONTH) == []


def test_the_days_are_local_ones_also_when_the_clock_changes(engine: Engine) -> None:
    """29 March 2026 begins at 23:00 UTC the day before and ends after 23 hours."""
    before = asked(4, datetime.fromisoformat("2026-03-28T22:59:00+00:00"))
    first = asked(2, datetime.fromisoformat("2026-03-28T23:00:00+00:00"))
    last = asked(2, datetime.fromisoformat("2026-03-29T21:59:00+00:00"))
    after = asked(3, datetime.fromisoformat("2026-03-29T22:00:00+00:00"))
    write(engine, *before, *first, *last, *after)
    with engine.connect() as connection:
        found = unfit_days(connection, SITE, MONTH)
    assert [(day.day.day, day.reviews) for day in found] == [(28, 4), (29, 4)]
    assert found[1].period.until - found[1].period.since == timedelta(days=1)


def test_its_questions_of_that_day_are_held_back_and_no_others(engine: Engine) -> None:
    next_day = asked(3, T0 + timedelta(days=1))
    through = lock_transit("through")
    write(engine, *asked(4), *next_day, through)
    with engine.connect() as connection:
        held = [day.held_back for day in unfit_days(connection, SITE, MONTH)]
        found = find_events(connection, "lock_transit", MONTH, 99, OFFICER, without=held)
    assert {one.id for one in found} == {through.id, *(one.id for one in next_day)}


def test_the_figures_of_today_are_for_the_operator(engine: Engine) -> None:
    write(engine, *asked(4), *asked(4, T0 - timedelta(days=1), lock="other"))
    watch_locks(engine, SITE, T0 + timedelta(hours=2))

    def figure(name: str, lock: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"lock": lock})

    assert (figure("anpr_lock_reviews", "relst"), figure("anpr_lock_unfit", "relst")) == (4, 1)
    assert (figure("anpr_lock_reviews", "other"), figure("anpr_lock_unfit", "other")) == (0, 0)
