"""Running an entry of a list against the past: a search, through the same gate and audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from anpr.events import Action, Match, Passage
from anpr.lists import Entry, PlateList
from anpr.sites import ListSettings
from anpr.time import Moment
from console.context import Console
from console.problems import NothingHereError
from console.searching import MOST_ROWS, Page, PassageSearch, PlatePattern, Reference, search
from rules.likelihood import likelihood
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.rights import Purpose

NARROW = frozenset({Match.EXACT, Match.WILDCARD})
"""How an entry matches without its look-alikes."""


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class PastQuestion(BaseModel):
    """Which entry of a list to run, over which period, and on what grounds.

    `plate_pattern` names the entry, as the list writes it. Without `from` and `to`: all that the
    grounds open.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    plate_pattern: PlatePattern
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    purpose: Purpose
    case_ref: Reference
    decision_ref: Annotated[Reference | None, BeforeValidator(_blank_is_none)] = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 100
    after: Annotated[Page | None, BeforeValidator(_blank_is_none)] = None


@dataclass(frozen=True, slots=True)
class PastHit:
    """A passage that would have been a hit, had the entry been there: by which entry, and how."""

    passage: Passage
    entry: str
    match: Match
    likelihood: float


@dataclass(frozen=True, slots=True)
class PastHits:
    """What a run found in the page of passages that it went through, and where the next starts."""

    hits: tuple[PastHit, ...]
    period: Period
    earliest: datetime
    next: str | None


def run_against_the_past(
    console: Console, account: Account, list_: str, question: PastQuestion
) -> PastHits:
    """Search for what an entry means, whatever its own validity, and judge it as the rule would.

    Raises NothingHereError where the account may not know such an entry, and what `search` raises.
    """
    entries = _entries(console, account, list_, question.plate_pattern)
    wanted = PassageSearch(
        plate=question.plate_pattern,
        from_=question.from_,
        to=question.to,
        purpose=question.purpose,
        case_ref=question.case_ref,
        decision_ref=question.decision_ref,
        look_alikes=any(entry.match_mode not in NARROW for entry in entries),
        limit=question.limit,
        after=question.after,
    )
    findings = search(console, account, wanted)
    asked = PlateList(list_, 1, None, entries)
    settings = console.site.lists.get(list_, ListSettings())
    hits = tuple(
        hit
        for found in findings.found
        for hit in _hits(found.passage, asked, settings.probable_min)
    )
    query = {"list": list_, "entries": [entry.id for entry in entries]}
    record_audit(
        console.engine, account, "list_past", console.now(), grounds=wanted.grounds, query=query,
        results=len(hits),
    )  # fmt: skip
    return PastHits(hits, findings.period, findings.earliest, findings.next)


def _entries(console: Console, account: Account, list_: str, pattern: str) -> list[Entry]:
    """Give the entries of this pattern that the account may know of, without their validity."""
    clearance = console.clearance(account)
    if not clearance.covers(list_):
        raise NothingHereError
    entries = [
        entry.model_copy(update={"valid_from": None, "valid_to": None})
        for entry in console.lists().latest(list_).entries_of(pattern)
        if entry.action is not Action.DISCREET or clearance.covers_discreet(list_)
    ]
    if not entries:
        raise NothingHereError
    return entries


def _hits(passage: Passage, asked: PlateList, least: float) -> list[PastHit]:
    if passage.plate is None:
        return []
    found = [
        (one, likelihood(passage, passage.plate, one))
        for one in asked.find(passage.plate, passage.country, passage.at)
    ]
    return [
        PastHit(passage, one.entry.id, one.match, round(likely, 4))
        for one, likely in found
        if one.match is not Match.PROBABLE or likely >= least
    ]
