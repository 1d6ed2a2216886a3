"""Deciding cases: the review, the acceptance, the rejection, and what may undo them.

The console and the command line call the very same functions. Each decision names the version of
the case that was looked at: what somebody else changed since is never overwritten.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, delete

from anpr.events import SectionTransit
from anpr.journeys import Journey
from anpr.plates import plain
from anpr.sites import Site
from sinks.cases.candidates import is_candidate
from sinks.cases.ledger import Case, Doer, case_by_id, change, event_of, stale, touched
from sinks.cases.life import SENT, Act, CaseError, Outcome, Reason, State
from sinks.cases.obstacles import CannotAcceptError, Obstacle, obstacles
from sinks.cases.receipts import say_by_hand
from sinks.cases.tables import case_images
from sinks.delivery.ledger import TURN
from sinks.evidence.facts import CaseEvent, ReviewFacts, gather
from sinks.evidence.package import Pictures
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.questions import journeys_of
from sinks.store.upsert import add


class Registry(StrEnum):
    """What the registry of vehicles says of make and colour; its owner is never held."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_CONSULTED = "not_consulted"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the officer looked at: the case's version, and the revision where they know it."""

    version: int
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an officer adds to a case that they accept."""

    registry: Registry = Registry.NOT_CONSULTED
    pv_number: str = ""
    service_number: str = ""
    without_pictures: str = ""
    note: str = ""


NOTHING_ADDED = Acceptance()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where cases are decided: the store, the site, the pictures, and the clock."""

    engine: Engine
    site: Site
    images: Pictures
    now: Callable[[], datetime]

    def review(self, account: Account, id_: str, seen: Seen, typed: str, note: str = "") -> Case:
        """Hold the plate that an officer typed against the case's own; whether it agrees decides.

        Raises CaseError.
        """
        with self._changing(account, id_, seen, "review") as at:
            read = plain(typed)
            if read != at.case.plate:
                return at.reject(Reason.DIFFERS, read, note)
            return at.agree(read, note)

    def reject(
        self, account: Account, id_: str, seen: Seen, reason: Reason, typed: str = "",
        note: str = "",
    ) -> Case:  # fmt: skip
        """Reject a case for a reason. Raises CaseError."""
        if reason is Reason.OTHER and not note.strip():
            raise CaseError("the reason 'other' needs a note that says which")
        with self._changing(account, id_, seen, "review") as at:
            return at.reject(reason, plain(typed), note)

    def plain_reason(self, id_: str, typed: str) -> Reason:
        """Tell why somebody rejects a case who only says which plate they see."""
        with self.engine.connect() as connection:
            case = case_by_id(connection, id_)
        return Reason.DIFFERS if plain(typed) not in {"", case.plate} else Reason.DISMISSED

    def accept(
        self, account: Account, id_: str, seen: Seen, adding: Acceptance = NOTHING_ADDED
    ) -> Case:
        """Accept a reviewed case. Raises CaseError, CannotAcceptError."""
        with self._changing(account, id_, seen) as at:
            found = obstacles(at.case, self.images)
            waived = {Obstacle.IMAGE_MISSING} if adding.without_pictures.strip() else set()
            if at.case.state is State.REVIEWED and (left := [o for o in found if o not in waived]):
                raise CannotAcceptError(left)
            return at.accept(adding)

    def undo(self, account: Account, id_: str, seen: Seen, note: str) -> Case:
        """Take back what was sent, or else look at the case anew. Raises CaseError."""
        with self._changing(account, id_, seen) as at:
            if at.case.state in SENT:
                return at.take(Act.WITHDRAW, note=note)
            if at.event is None:
                raise CaseError("what the case rests on no longer stands; it stays as it is")
            return at.reopen(note)

    def answer(self, account: Account, id_: str, seen: Seen, act: Act, note: str = "") -> Case:
        """Record by hand that the receivers acknowledged or refused a case. Raises CaseError."""
        with self._changing(account, id_, seen) as at:
            return say_by_hand(at.connection, at.case, act, at.by, note)

    @contextmanager
    def _changing(
        self, account: Account, id_: str, seen: Seen, action: str = "case"
    ) -> Iterator["_Opened"]:
        with writing(self.engine) as connection:
            take_turn(connection, TURN)
            case = case_by_id(connection, id_)
            found = event_of(connection, id_)
            event = found if found is not None and is_candidate(found) else None
            revision = case.revision if event is None or case.version else event.revision
            if case.version != seen.version or seen.revision not in {None, revision}:
                raise stale(connection, case)
            by = Doer(account.name, account.role_text, self.now(), action)
            yield _Opened(connection, self.site, case, event, account, by)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A case that is being decided, within its transaction."""

    connection: Connection
    site: Site
    case: Case
    event: CaseEvent | None
    account: Account
    by: Doer

    def agree(self, read: str, note: str) -> Case:
        """Freeze the facts, hold the pictures, and call the case reviewed."""
        event = self._standing()
        facts = gather(self.connection, self.site, event)
        found = self._found(read, Outcome.AGREED, note)
        after = change(
            self.connection, self.case, Act.AGREE, self.by, note=note, told=self._plates(read),
            facts=facts.to_json().decode(), review=found.to_json().decode(),
            revision=event.revision,
        )  # fmt: skip
        held = {
            reference
            for one in facts.passages
            for reference in (one.pictures.crop, one.pictures.overview)
            if reference is not None
        }
        self._let_go()
        rows = [{"case_id": self.case.id, "reference": one} for one in sorted(held)]
        add(self.connection, case_images, rows)
        return after

    def reject(self, reason: Reason, read: str, note: str) -> Case:
        """Let go of what was held, and reject."""
        outcome = {Reason.DIFFERS: Outcome.DIFFERS, Reason.UNREADABLE: Outcome.UNREADABLE}.get(
            reason, Outcome.DISMISSED
        )
        event = self._standing()
        after = change(
            self.connection, self.case, Act.REJECT, self.by, reason=reason.value, note=note,
            told={"outcome": outcome.value, **self._plates(read)},
            review=self._found(read, outcome, note).to_json().decode(), facts=None,
            revision=event.revision,
        )  # fmt: skip
        self._let_go()
        return after

    def accept(self, adding: Acceptance) -> Case:
        """Add what the officer adds, and accept."""
        found = ReviewFacts.model_validate_json(self.case.review) if self.case.review else None
        added = {
            "registry": adding.registry.value,
            "pv_number": adding.pv_number.strip() or None,
            "service_number": adding.service_number.strip() or None,
            "without_pictures": adding.without_pictures.strip() or None,
        }
        told = None if found is None else found.model_copy(update=added).to_json().decode()
        note = adding.note or adding.without_pictures
        return change(self.connection, self.case, Act.ACCEPT, self.by, note=note, review=told)

    def reopen(self, note: str) -> Case:
        """Make it a candidate again, as its event stands now."""
        self._let_go()
        event = self._standing()
        return change(
            self.connection,
            self.case,
            Act.REOPEN,
            self.by,
            note=note,
            facts=None,
            review=None,
            revision=event.revision,
        )

    def take(self, act: Act, note: str) -> Case:
        """Do what needs nothing more."""
        return change(self.connection, self.case, act, self.by, note=note)

    def _standing(self) -> CaseEvent:
        if self.event is None:
            raise CaseError("what the case rests on no longer stands; it cannot be decided")
        if isinstance(self.event, SectionTransit):
            leading = leading_of(self.connection, self.event)
            if leading.id != self.event.id:
                msg = f"the sections in a row are one case: decide {leading.id}, the highest"
                raise CaseError(msg)
        return self.event

    def _let_go(self) -> None:
        held = delete(case_images).where(case_images.c.case_id == self.case.id)
        self.connection.execute(held)

    def _plates(self, read: str) -> dict[str, object]:
        return {"plates": sorted({one for one in (self.case.plate, read) if one})}

    def _found(self, read: str, outcome: Outcome, note: str) -> ReviewFacts:
        return ReviewFacts(
            account=self.account.name, at=self.by.now, plate_seen=read, outcome=outcome.value,
            note=note,
        )  # fmt: skip


def leading_of(connection: Connection, transit: SectionTransit) -> SectionTransit:
    """Give the highest of the violations on sections in a row that a transit is part of.

    What was rejected or withdrawn leads no more.
    """
    for journey in journeys_of(connection, [transit]):
        known = touched(connection, [one.id for one in journey.transits])
        gone = {
            id_ for id_, one in known.items()
            if one.state in {State.REJECTED, State.WITHDRAWN} and id_ != transit.id
        }  # fmt: skip
        rest = [one for one in journey.transits if one.id not in gone]
        if transit in rest:
            return Journey(rest).leading
    return transit


def leads(connection: Connection, case: Case) -> bool:
    """Say whether a case stands for itself, or is the highest of sections in a row."""
    if case.version or case.kind != "section_transit":
        return True
    event = event_of(connection, case.id)
    return not isinstance(event, SectionTransit) or leading_of(connection, event).id == event.id
