"""Cases as people work on them: the queue, one case with all that must be seen, and the list.

What may be done to a case is decided in `sinks.cases`; here stands only what a page asks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.api_events import period_of, unfit_of
from console.context import Console
from console.problems import NothingHereError
from sinks.cases.candidates import CaseEvent
from sinks.cases.deadlines import Deadline, deadline_of
from sinks.cases.deciding import Desk, leads
from sinks.cases.exporting import facts_of
from sinks.cases.ledger import (
    Case,
    Change,
    NoSuchCaseError,
    case_by_id,
    event_of,
    find_cases,
    history_of,
)
from sinks.cases.life import OPEN, State
from sinks.cases.obstacles import Obstacle, obstacles
from sinks.cases.receipts import send_again
from sinks.delivery.ledger import Consignment, of_cases
from sinks.evidence.facts import ReviewFacts
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Cursor

WAITING = (State.CANDIDATE, State.REVIEWED)
SHOWN = 50
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """One case with what belongs to it."""

    case: Case
    event: CaseEvent
    deadline: Deadline
    obstacles: Sequence[Obstacle] = ()
    review: ReviewFacts | None = None
    history: Sequence[Change] = ()
    consignments: Sequence[Consignment] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The cases that wait for a person, oldest first; `more`: there are others after them."""

    cases: Sequence[Case]
    more: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of cases, and how they stand to their deadlines."""

    cases: Sequence[Case]
    deadlines: Mapping[str, Deadline]
    last: Case | None


def desk_of(console: Console) -> Desk:
    """Give the desk at which cases are decided."""
    return Desk(console.engine, console.site, console.images, console.now)


def waiting_for(console: Console, account: Account) -> Queue:
    """Give the cases of the last month that wait for a person.

    The first is the one that is looked at: the audit names it.
    """
    period = period_of(console, None, None)
    held = [day.held_back for day in unfit_of(console, period)]
    with console.engine.connect() as connection:
        found = find_cases(
            connection, SHOWN + 1, states=WAITING, period=period, held=held, oldest_first=True
        )
        own = [one for one in found if leads(connection, one)]
    query = {"event": own[0].id, "plate": own[0].plate} if own else {}
    record_audit(
        console.engine, account, "review_queue", console.now(), query=query, results=len(own)
    )
    return Queue(own[:SHOWN], len(found) > SHOWN)


def look_at(console: Console, id_: str) -> Look:
    """Give one case with what belongs to it. Raises NothingHereError."""
    with console.engine.connect() as connection:
        try:
            case = case_by_id(connection, id_)
        except NoSuchCaseError as error:
            raise NothingHereError from error
        facts = facts_of(case)
        event = facts.event if facts is not None else event_of(connection, id_)
        if event is None:
            raise NothingHereError
        return Look(
            case=case,
            event=event,
            deadline=deadline_of(case, console.site, console.now()),
            obstacles=obstacles(case, console.images),
            review=ReviewFacts.model_validate_json(case.review) if case.review else None,
            history=history_of(connection, id_),
            consignments=of_cases(connection, [id_]).get(id_, []),
        )


def open_case(console: Console, account: Account, id_: str) -> Look:
    """Give a case that somebody opens, after putting it in the audit. Raises NothingHereError."""
    found = look_at(console, id_)
    query = {"event": found.case.id, "plate": found.case.plate}
    record_audit(console.engine, account, "review_open", console.now(), query=query, results=1)
    return found


def resend_of(console: Console, account: Account, case: str, consignment: int) -> None:
    """Send a consignment of a case again. Raises NothingHereError."""
    with console.engine.connect() as connection:
        own = of_cases(connection, [case]).get(case, [])
    if consignment not in {one.id for one in own}:
        raise NothingHereError
    send_again(console.engine, account, [consignment], console.now())


def list_cases(
    console: Console, account: Account, state: State | None, limit: int, after: Cursor | None
) -> Listed:
    """Give a page of cases, newest first, after putting the question in the audit."""
    period = period_of(console, None, None)
    held = [day.held_back for day in unfit_of(console, period)]
    states = [] if state is None else [state]
    with console.engine.connect() as connection:
        found = find_cases(connection, limit, states=states, held=held, after_=after)
        own = [one for one in found if leads(connection, one)]
    query = {"state": state}
    record_audit(console.engine, account, "case_list", console.now(), query=query, results=len(own))
    deadlines = {one.id: deadline_of(one, console.site, console.now()) for one in own}
    return Listed(own, deadlines, found[-1] if len(found) == limit else None)


def count_open(console: Console) -> Counter[str]:
    """Count the open cases of the last month that are near or past their deadline or accepted."""
    period = period_of(console, None, None)
    held = [day.held_back for day in unfit_of(console, period)]
    with console.engine.connect() as connection:
        found = find_cases(connection, MOST, states=OPEN, period=period, held=held)
    now = console.now()
    return Counter(
        name for one in found for name in (one.state, deadline_of(one, console.site, now).state)
    )


def last_review(console: Console, case: str) -> ReviewFacts:
    """Give what an officer found of a case last. Raises NothingHereError."""
    found = look_at(console, case).review
    if found is None:
        raise NothingHereError
    return found
