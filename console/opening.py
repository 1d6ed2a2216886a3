"""Opening one passage and its images: on the grounds of a task (a hit, a case) or of a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from anpr.errors import AccessDeniedError
from anpr.events import (
    Access,
    Decision,
    Images,
    LockTransit,
    LockVerdict,
    Passage,
    SectionTransit,
    SectionVerdict,
)
from console.context import Console
from console.lawful import rule_on
from console.problems import NothingHereError, UnlawfulError
from sinks.cases.ledger import cases_of
from sinks.cases.life import CaseError
from sinks.store.audit import Grounds, grounds_of_last, record_audit
from sinks.store.casework import correct
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import AnyEvent, events_on, passage_by_id
from sinks.store.rights import Purpose, Right, purposes_of

SEARCH_HOLDS = timedelta(hours=12)
"""So long what a search found can be opened on that search's grounds."""


class BlindCaseError(CaseError):
    """The case on a passage waits for its review, and shows its pictures alone until then."""

    def __init__(self, case: str) -> None:
        self.case = case
        super().__init__(
            f"the case {case} on this passage is to be reviewed first: until an officer has read "
            "its plate it shows its pictures alone"
        )


_OPENING_RIGHTS = frozenset({Right.ALERTS, Right.CASES, Right.SEARCH})


@dataclass(frozen=True, slots=True)
class Opened:
    """A passage, and the events on it that the account may know of."""

    passage: Passage
    events: tuple[AnyEvent, ...]


def open_passage(console: Console, account: Account, passage: str, given: Grounds) -> Opened:
    """Open a passage and put it in the audit first.

    Raises NothingHereError, AccessDeniedError, UnlawfulError, and BlindCaseError.
    """
    opened, basis, grounds = _open(console, account, passage, given, shows_plate=True)
    _record(console, account, "passage", grounds, {"passage": passage, "basis": basis})
    return opened


def open_image(
    console: Console, account: Account, passage: str, reference: str, given: Grounds
) -> bytes:
    """Open an image of a passage that the account may open, and put it in the audit first.

    That of a case to be reviewed too. Raises NothingHereError, also when the image has been erased,
    AccessDeniedError and UnlawfulError.
    """
    opened, basis, grounds = _open(console, account, passage, given, shows_plate=False)
    images = opened.passage.images or Images()
    if reference not in {images.crop, images.overview}:
        raise NothingHereError
    image = console.images.get(reference)
    if image is None:
        raise NothingHereError
    query = {"passage": passage, "image": reference, "basis": basis}
    _record(console, account, "image", grounds, query)
    return image


def correct_passage(
    console: Console, account: Account, opened: Opened, plate: str, note: str
) -> None:
    """Write down the plate that somebody read on the images of a passage they opened."""
    now, passage = console.now(), opened.passage
    query = {"passage": passage.id, "plate": plate}
    record_audit(console.engine, account, "correction", now, query=query, results=1)
    with writing(console.engine) as connection:
        correct(connection, passage.id, passage.at, account, plate, note, now)


def may_know(account: Account, event: AnyEvent) -> bool:
    """Say whether an event is part of the account's task."""
    if event.kind in {"hit", "clone_suspect"}:
        return Right.ALERTS in account.rights
    return Right.CASES in account.rights and is_case(event)


def is_case(event: AnyEvent) -> bool:
    """Say whether an event concerns the traffic service: more than a vehicle that behaved."""
    match event:
        case SectionTransit():
            return event.verdict is not SectionVerdict.OK
        case LockTransit():
            return event.verdict is not LockVerdict.LOCAL
        case Access():
            return event.decision is not Decision.ALLOW
        case _:
            return False


def _open(
    console: Console, account: Account, passage: str, given: Grounds, *, shows_plate: bool
) -> tuple[Opened, str, Grounds]:
    if not _OPENING_RIGHTS & account.rights:
        raise AccessDeniedError("your roles do not open passages; ask for one that does")
    with console.engine.connect() as connection:
        found = passage_by_id(connection, passage)
        events = tuple(events_on(connection, passage, console.clearance(account))) if found else ()
    if found is None:
        raise NothingHereError
    known = tuple(event for event in events if may_know(account, event))
    blind = _blind(console, known) if shows_plate else set()
    basis = next((one for one in known if one.id not in blind), None)
    if basis is not None and given.purpose is None:
        return Opened(found, known), basis.kind, given
    try:
        return Opened(found, events), "search", _searched(console, account, given, found)
    except (AccessDeniedError, UnlawfulError):
        if blind and given.purpose is None:
            raise BlindCaseError(min(blind)) from None
        raise


def _blind(console: Console, known: Sequence[AnyEvent]) -> set[str]:
    """Tell which events are cases of which no officer has read the plate yet."""
    with console.engine.connect() as connection:
        return {id_ for id_, case in cases_of(connection, known).items() if case.is_blind}


def _searched(console: Console, account: Account, given: Grounds, found: Passage) -> Grounds:
    """Give the grounds on which a search opens a passage."""
    if Right.SEARCH not in account.rights:
        raise AccessDeniedError("no hit or case of yours rests on this passage; ask for search")
    if given.purpose is not None and Purpose(given.purpose) not in purposes_of(account.roles):
        raise AccessDeniedError("your roles do not search for this purpose; take another")
    grounds = given if given.purpose is not None else _last_search(console, account) or given
    ruling = rule_on(grounds, found.at, console.now(), console.terms)
    if not ruling.is_lawful:
        raise UnlawfulError(ruling)
    return grounds


def _last_search(console: Console, account: Account) -> Grounds | None:
    since = console.now() - SEARCH_HOLDS
    with console.engine.connect() as connection:
        return grounds_of_last(connection, account, "search", since)


def _record(
    console: Console, account: Account, action: str, grounds: Grounds, query: dict[str, str]
) -> None:
    record_audit(
        console.engine, account, action, console.now(), grounds=grounds, query=query, results=1
    )


def image_urls(passage: Passage) -> dict[str, str]:
    """Tell where the images of a passage are, by what they show: `crop` and `overview`."""
    images = passage.images or Images()
    shown = {"crop": images.crop, "overview": images.overview}
    return {
        name: f"/api/images/{reference.removeprefix('sha256:')}?passage={quote(passage.id)}"
        for name, reference in shown.items()
        if reference is not None
    }
