"""Backtest: which cases another site file, or other lists, would have added and removed.

Both sides are led through the same reads at the same time. Only what they judge differently is
kept, so that a month takes no more memory than the difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from anpr.errors import Problem, UnreadableMessageError
from anpr.events import Decision, LockVerdict, RuleEvent, SectionVerdict
from pipeline.replay import RecordedRead, Zone
from rules.engine import Change

VERSIONS = frozenset({"rule", "revision", "list_version", "permit_version", "limit_version"})
"""What may differ without a word being judged otherwise."""


class Effect(StrEnum):
    """What a difference does to the work of people."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    NONE = "none"


class Pair(NamedTuple):
    """One event as both sides have it; None where a side has none that stands."""

    before: RuleEvent | None
    after: RuleEvent | None

    @property
    def change(self) -> str:
        """Say whether the event itself is new, gone, or judged otherwise."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def effect(self) -> Effect:
        """Say whether it asks something of people on one side only, or on both."""
        was, is_now = asks_people(self.before), asks_people(self.after)
        if was and is_now:
            return Effect.CHANGED
        if was:
            return Effect.REMOVED
        return Effect.ADDED if is_now else Effect.NONE

    @property
    def rule(self) -> str:
        """The rule that judged."""
        event = self.after or self.before
        return event.rule.id if event else ""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The differences by time, what each rule asked of people on both sides, refused lines."""

    pairs: tuple[Pair, ...]
    before: Counter[str]
    after: Counter[str]
    problems: tuple[Problem, ...]

    def effects(self, rule: str) -> Counter[Effect]:
        """Count the effects on a rule's cases."""
        return Counter(pair.effect for pair in self.pairs if pair.rule == rule)

    @property
    def turns(self) -> Counter[tuple[str, str, str]]:
        """Count, by rule, what was judged how before and after."""
        return Counter((pair.rule, said(pair.before), said(pair.after)) for pair in self.pairs)


def asks_people(event: RuleEvent | None) -> bool:
    """Say whether an event opens a case, raises an alarm or bars a way."""
    match event:
        case None:
            return False
        case _ if event.kind == "section_transit":
            return event.verdict is SectionVerdict.VIOLATION
        case _ if event.kind == "lock_transit":
            return event.verdict in {LockVerdict.THROUGH, LockVerdict.REVIEW}
        case _ if event.kind == "access":
            return event.decision is not Decision.ALLOW
        case _:
            return True


def said(event: RuleEvent | None) -> str:
    """Tell in words what an event says."""
    if event is None:
        return "nothing"
    match event.kind:
        case "section_transit":
            case_class = "" if event.case_class == "none" else f" {event.case_class}"
            return f"{event.verdict}{case_class} ({event.reason})"
        case "lock_transit":
            return f"{event.verdict} ({event.reason})"
        case "access":
            return f"{event.decision} ({event.reason})"
        case "hit":
            return f"hit {event.match} ({event.action})"
        case _:
            return "suspect"


@dataclass(slots=True)
class _Difference:
    """What differs so far, by event id. What is equal is forgotten: a later change tells it."""

    pairs: dict[str, Pair] = field(default_factory=dict)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)

    def take(self, changes: Iterable[Change[RuleEvent]], *, is_after: bool) -> Iterator[str]:
        """Take in what changed on one side; give the ids."""
        counts = self.after if is_after else self.before
        for change in changes:
            now, previous = _standing(change.after), _standing(change.before)
            counts[change.after.rule.id] += asks_people(now) - asks_people(previous)
            pair = self.pairs.get(change.after.id, Pair(previous, previous))
            pair = pair._replace(after=now) if is_after else pair._replace(before=now)
            self.pairs[change.after.id] = pair
            yield change.after.id

    def settle(self, ids: Iterable[str]) -> None:
        """Forget what both sides judge alike."""
        for id_ in ids:
            pair = self.pairs.get(id_)
            if pair is not None and _judgement(pair.before) == _judgement(pair.after):
                del self.pairs[id_]


def backtest(before: Zone, after: Zone, reads: Iterable[RecordedRead]) -> Backtest:
    """Lead one recording through two zones, and compare what they make of it."""
    found = _Difference()
    problems: list[Problem] = []
    for offset, recorded in enumerate(reads):
        if recorded.read is None:
            problems += [recorded.problem] if recorded.problem else []
            continue
        ids: list[str] = []
        for is_after, zone in enumerate((before, after)):
            try:
                changes = zone.take(recorded.read, offset)
            except UnreadableMessageError as error:
                problems.append(Problem(f"line {recorded.line}", str(error), "Mend the recording."))
                continue
            ids += found.take(changes, is_after=bool(is_after))
        found.settle(ids)
    pairs = sorted(found.pairs.values(), key=_when)
    return Backtest(tuple(pairs), +found.before, +found.after, tuple(problems))


def _standing(event: RuleEvent | None) -> RuleEvent | None:
    return None if event is None or event.withdrawn else event


def _judgement(event: RuleEvent | None) -> dict[str, object] | None:
    if event is None:
        return None
    return {name: value for name, value in event if name not in VERSIONS}


def _when(pair: Pair) -> tuple[object, str]:
    event = pair.after or pair.before
    assert event is not None  # noqa: S101 - what neither side has is equal, so it was forgotten
    return event.at, event.id
