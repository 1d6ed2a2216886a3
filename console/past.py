"""Running an entry of a list against the past: a search, through the same gate and audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from anpr.events import Action, Match, Passage
from anpr.lists import Entry, PlateList
from anpr.sites import ListSettings
from console.context import Console
from console.gate import close_gate, dark_of, open_gate
from console.problems import NothingHereError
from console.question import Name, PlatePattern, Question, cursor_of, text_of
from rules.likelihood import likelihood
from sinks.analysis.dark import Dark
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Cursor, PassageQuery, Period, find_passages

NARROW = frozenset({Match.EXACT, Match.WILDCARD})
"""How an entry matches without its look-alikes."""


class PastQuestion(Question):
    """Which entry of a list to run, over which period, and on what grounds.

    `plate_pattern` names the entry, as the list writes it. Without `from` and `to`: all that the
    grounds open.
    """

    plate_pattern: PlatePattern
    list_: Annotated[Name | None, Field(alias="list")] = None


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
    dark: tuple[Dark, ...]


def run_against_the_past(
    console: Console, account: Account, list_: str, question: PastQuestion
) -> PastHits:
    """Search for what an entry means, whatever its own validity, and judge it as the rule would.

    Raises NothingHereError where the account may not know such an entry, and what the gate raises.
    """
    question = question.model_copy(update={"list_": list_})
    entries = _entries(console, account, list_, question.plate_pattern)
    passed = open_gate(console, account, "past", question)
    is_wide = any(entry.match_mode not in NARROW for entry in entries)
    query = PassageQuery(
        passed.period, question.plate_pattern, is_wide, question.filters(console, account)
    )
    with console.engine.connect() as connection:
        found = find_passages(connection, query, question.limit, cursor_of(question.after))
    asked = PlateList(list_, 1, None, entries)
    settings = console.site.lists.get(list_, ListSettings())
    hits = tuple(hit for one in found for hit in _hits(one, asked, settings.probable_min))
    dark = tuple(dark_of(console, passed))
    close_gate(console, account, passed, len(found))
    ran = {"list": list_, "entries": [entry.id for entry in entries]}
    record_audit(
        console.engine, account, "list_past", console.now(), grounds=question.grounds, query=ran,
        results=len(hits),
    )  # fmt: skip
    is_more = len(found) == question.limit
    following = text_of(Cursor.after(found[-1])) if is_more else None
    return PastHits(hits, passed.period, passed.earliest, following, dark)


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
