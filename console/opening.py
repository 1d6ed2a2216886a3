"""Opening one passage and its images: on the grounds of a task (a hit, a case) or of a search."""

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
from sinks.store.audit import Grounds, grounds_of_last, record_audit
from sinks.store.casework import correct
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import AnyEvent, events_on, passage_by_id
from sinks.store.rights import Purpose, Right, purposes_of

SEARCH_HOLDS = timedelta(hours=12)
"""So long what a search found can be opened on that search's grounds."""

_OPENING_RIGHTS = frozenset({Right.ALERTS, Right.CASES, Right.SEARCH})


@dataclass(frozen=True, slots=True)
class Opened:
    """A passage, and the events on it that the account may know of."""

    passage: Passage
    events: tuple[AnyEvent, ...]


def open_passage(console: Console, account: Account, passage: str, given: Grounds) -> Opened:
    """Open a passage and put it in the audit first.

    Raises NothingHereError, AccessDeniedError and UnlawfulError.
    """
    opened, basis, grounds = _open(console, account, passage, given)
    _record(console, account, "passage", grounds, {"passage": passage, "basis": basis})
    return opened


def open_image(
    console: Console, account: Account, passage: str, reference: str, given: Grounds
) -> bytes:
    """Open an image of a passage that the account may open, and put it in the audit first.

    Raises what `open_passage` raises; NothingHereError also when the image has been erased.
    """
    opened, basis, grounds = _open(console, account, passage, given)
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
    console: Console, account: Account, passage: str, given: Grounds
) -> tuple[Opened, str, Grounds]:
    if not _OPENING_RIGHTS & account.rights:
        raise AccessDeniedError("your roles do not open passages; ask for one that does")
    with console.engine.connect() as connection:
        found = passage_by_id(connection, passage)
        events = tuple(events_on(connection, passage, console.clearance(account))) if found else ()
    if found is None:
        raise NothingHereError
    known = tuple(event for event in events if may_know(account, event))
    if known and given.purpose is None:
        return Opened(found, known), known[0].kind, given
    grounds = _searched(console, account, given)
    ruling = rule_on(grounds, found.at, console.now(), console.terms)
    if not ruling.is_lawful:
        raise UnlawfulError(ruling)
    return Opened(found, events), "search", grounds


def _searched(console: Console, account: Account, given: Grounds) -> Grounds:
    if Right.SEARCH not in account.rights:
        raise AccessDeniedError("no hit or case of yours rests on this passage; ask for search")
    if given.purpose is not None:
        if Purpose(given.purpose) not in purposes_of(account.roles):
            raise AccessDeniedError("your roles do not search for this purpose; take another")
        return given
    since = console.now() - SEARCH_HOLDS
    with console.engine.connect() as connection:
        return grounds_of_last(connection, account, "search", since) or given


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
