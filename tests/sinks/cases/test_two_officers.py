"""Two officers who decide one case in transactions of the same moment: one of them wins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from sinks.cases.deciding import Desk, Seen
from sinks.cases.ledger import StaleCaseError, history_of
from sinks.cases.life import Act, Reason, State
from sinks.cases.tables import case_history
from sinks.evidence.facts import CaseEvent
from sinks.store.audit import audit, verify_chain
from sinks.store.people import Account
from tests.sinks.cases.office import AN, BO, NOW, case
from tests.sinks.evidence.cases import PLATE, Pictures, stored, zone_site

SOON_S = 30

Decision = Callable[[Desk, Account, str, Seen], object]


def agree(desk: Desk, account: Account, id_: str, seen: Seen) -> object:
    return desk.review(account, id_, seen, PLATE)


def differ(desk: Desk, account: Account, id_: str, seen: Seen) -> object:
    return desk.review(account, id_, seen, "1XYZ999")


def accept(desk: Desk, account: Account, id_: str, seen: Seen) -> object:
    return desk.accept(account, id_, seen)


def reject(desk: Desk, account: Account, id_: str, seen: Seen) -> object:
    return desk.reject(account, id_, seen, Reason.TEST)


class Meeting:
    """Two desks on connections of their own: `bo` begins while `an` is within the transaction."""

    def __init__(self, engine: Engine, pictures: Pictures) -> None:
        self._is_asking = Event()
        self._an_is_in = Event()
        other = engine.execution_options()  # the same store, with a listener of its own
        event.listen(other, "before_cursor_execute", self._asked)
        self._an = Desk(engine, zone_site(), pictures, self._held)
        self._bo = Desk(other, zone_site(), pictures, lambda: NOW)

    def _held(self) -> datetime:
        """Read the clock, which a desk does in its transaction: not before `bo` asks too."""
        self._an_is_in.set()
        assert self._is_asking.wait(SOON_S)
        return NOW

    def _asked(self, *_: Any) -> None:
        self._is_asking.set()

    def decide(self, an: Decision, bo: Decision, id_: str, seen: Seen) -> None:
        """Let both decide; `bo` is to be told that `an` was first."""

        def later() -> None:
            assert self._an_is_in.wait(SOON_S)
            with pytest.raises(
                StaleCaseError, match=r"an changed the case at .*; look at it again"
            ):
                bo(self._bo, BO, id_, seen)

        with ThreadPoolExecutor(2) as pool:
            told = pool.submit(later)
            an(self._an, AN, id_, seen)
            told.result(SOON_S)


@pytest.mark.parametrize(
    "an, bo, act, state",
    [
        (accept, reject, Act.ACCEPT, State.ACCEPTED),
        (reject, accept, Act.REJECT, State.REJECTED),
        (accept, accept, Act.ACCEPT, State.ACCEPTED),
        (reject, reject, Act.REJECT, State.REJECTED),
    ],
)
def test_of_two_officers_who_decide_at_once_one_wins_and_the_other_is_told(
    engine: Engine, pictures: Pictures, an: Decision, bo: Decision, act: Act,
    state: State,
) -> None:  # fmt: skip
    found = stored(engine, pictures)
    Desk(engine, zone_site(), pictures, lambda: NOW).review(BO, found.id, Seen(0), PLATE)
    Meeting(engine, pictures).decide(an, bo, found.id, Seen(1))
    assert case(engine, found.id).state is state
    assert decided(engine, found) == [("bo", Act.AGREE), ("an", act)]


@pytest.mark.parametrize("an, bo, act", [(agree, differ, Act.AGREE), (differ, agree, Act.REJECT)])
def test_of_two_officers_who_look_for_the_first_time_at_once_one_wins(
    engine: Engine, pictures: Pictures, an: Decision, bo: Decision, act: Act
) -> None:
    found = stored(engine, pictures)
    Meeting(engine, pictures).decide(an, bo, found.id, Seen(0))
    assert decided(engine, found) == [("an", act)]


def decided(engine: Engine, found: CaseEvent) -> list[tuple[str, Act]]:
    """Give who did what to the case; history and audit hold just that."""
    with engine.connect() as connection:
        steps = [(one.account, one.act) for one in history_of(connection, found.id)]
        lines = connection.scalar(select(func.count()).select_from(case_history))
        told = connection.scalar(select(func.count()).select_from(audit))
        assert verify_chain(connection).broken_at is None
    assert (lines, told) == (len(steps), len(steps))
    return steps
