"""Judge closed events again when a permit or a displayed limit that reaches back becomes known.

The folds judge again what they still remember. What is older is judged here, from stored passages
and by the same pure rules, once with the controls as they were and once as they are: only what
that changes is published, with a higher revision. So a site file that has changed since then
changes no old verdict by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from pydantic import ValidationError
from sqlalchemy import Engine

from anpr.events import RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.ports import Message, Output, Record, Worker
from anpr.signs import KEY, DisplayedLimit
from anpr.sites import Site
from anpr.time import OLDEST
from anpr.topics import EVENTS
from pipeline.controls import Controls
from pipeline.workers import event_key
from rules.permits import permits_covering
from rules.rule import Rule
from sinks.store.closed import Closed, closed_events, passages_of, stored_event
from sinks.store.questions import Period

log = structlog.get_logger()

REJUDGED = Counter("anpr_rejudged_events", "Closed events that a later control changed", ["rule"])
INCOMPLETE = Counter(
    "anpr_rejudge_incomplete", "Closed events whose passages are not all kept any more", ["rule"]
)

CLEAR = frozenset({"ok", "local", "exempt", "allow", "cancelled"})
"""Verdicts that open no case."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which events a control may change: those of one rule in a time, if it touches them."""

    rule: Rule
    kind: str
    subject: str
    period: Period
    permits: tuple[str, ...] = ()


class RejudgeWorker(Worker):
    """Controls to events: what a change says of events that the folds have closed."""

    def __init__(
        self,
        site: Site,
        rules: Sequence[Rule],
        controls: Controls,
        engine: Engine,
        now: Callable[[], datetime],
    ) -> None:
        self._site = site
        self._rules = {rule.id: rule for rule in rules}
        self._controls = controls
        self._engine = engine
        self._now = now

    def work(self, messages: Sequence[Message]) -> list[Output]:
        """Judge again what each control may change; publish the events that it does."""
        self._controls.refresh()
        return [
            Output(EVENTS, Record(event_key(event), event.to_json()))
            for message in messages
            for event in self._after(message)
        ]

    def idle(self) -> list[Output]:
        """Nothing waits for time to pass."""
        return []

    def needed_from(self) -> int | None:
        """Keep no state: the store and the controls have it all."""
        return None

    def _after(self, message: Message) -> Iterator[RuleEvent]:
        before = self._controls.lists(message.offset)
        after = self._controls.lists(message.offset + 1)
        for scope in self._scopes(message, before, after):
            yield from self._changed(scope, before, after)

    def _scopes(self, message: Message, before: Lists, after: Lists) -> Iterator[_Scope]:
        site = self._site.site
        closed = self._now() - timedelta(seconds=site.lateness_s + site.stall_s)
        if message.record.key.startswith(KEY):
            yield from self._of_limit(message, after, closed)
            return
        for kind, rule_kind, parts in (
            ("lock_transit", "lock", [(one.id, one.permits) for one in self._site.locks]),
            ("access", "zone", [(one.id, (*one.always, *one.permits)) for one in self._site.zones]),
        ):
            for id_, named in parts:
                names = (named,) if isinstance(named, str) else tuple(named or ())
                if any(_is_new(name, before, after) for name in names):
                    rule = self._rules[f"{rule_kind}/{id_}"]
                    yield _Scope(rule, kind, id_, Period(OLDEST, closed), names)

    def _of_limit(self, message: Message, after: Lists, closed: datetime) -> Iterator[_Scope]:
        """Bound what a displayed limit may change: until something else was displayed."""
        try:
            limit = DisplayedLimit.model_validate_json(message.record.value)
        except ValidationError:
            return  # the controls have told of it
        rule = self._rules.get(f"section/{limit.section}")
        if rule is None:
            return
        end = after.signs.until(limit.section, limit.holds_from)
        until = closed if end is None else min(closed, end + rule.reach)
        if limit.holds_from < until:
            period = Period(limit.holds_from, until)
            yield _Scope(rule, "section_transit", limit.section, period)

    def _changed(self, scope: _Scope, before: Lists, after: Lists) -> Iterator[RuleEvent]:
        with self._engine.connect() as connection:
            events = closed_events(connection, scope.kind, scope.subject, scope.period)
            touched = [event for event in events if _touches(scope, event, before, after)]
        changed = 0
        for event in touched:
            judged = self._judged(scope.rule, event, before, after)
            if judged is not None:
                changed += 1
                yield judged
        if changed:
            REJUDGED.labels(scope.rule.id).inc(changed)
            log.info("closed_events_changed", rule=scope.rule.id, events=changed)

    def _judged(self, rule: Rule, closed: Closed, before: Lists, after: Lists) -> RuleEvent | None:
        """Judge one event by both states of the controls; give it where they differ."""
        around = Period(closed.at - 2 * rule.reach, closed.at + rule.reach)
        with self._engine.connect() as connection:
            stored = stored_event(connection, closed.id, closed.at)
            passages = passages_of(connection, fold(closed.plate), rule.cameras or (), around)
        if stored is None:
            return None
        if not {passage.id for passage in passages}.issuperset(stored.passages):
            INCOMPLETE.labels(rule.id).inc()
            return None
        was, now = (
            next((one for one in rule.judge(passages, lists) if one.id == closed.id), None)
            for lists in (before, after)
        )
        if was is None or now is None or _said(was) == _said(now) or _said(stored) == _said(now):
            return None
        if _verdict(stored) != _verdict(was) and _verdict(now) not in CLEAR:
            log.warning("rejudge_left", id=closed.id, rule=rule.id)
            return None
        revision = max(now.revision, stored.revision + 1)
        return now.model_copy(update={"revision": revision})


def _is_new(name: str, before: Lists, after: Lists) -> bool:
    """Say whether a version of a list was completed in between."""
    known = {one.version for one in before.versions(name)}
    return any(one.version not in known for one in after.versions(name))


def _touches(scope: _Scope, event: Closed, before: Lists, after: Lists) -> bool:
    """Say whether other permits cover the event than did before, as far as its plate tells."""
    if not scope.permits:
        return True
    covering = (
        [
            (permit.list, permit.entry.id, permit.reason)
            for permit in permits_covering(event.plate, None, event.at, scope.permits, lists)
        ]
        for lists in (before, after)
    )
    return next(covering) != next(covering)


def _said(event: RuleEvent) -> dict[str, object]:
    """Give what an event says, without the number of its revision and of its rule's settings."""
    return event.model_dump(exclude={"revision", "rule"})


def _verdict(event: RuleEvent) -> str:
    said = getattr(event, "verdict", None) or getattr(event, "decision", None)
    return str(said)
