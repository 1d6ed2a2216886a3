"""Which events are cases: those that a person must look at."""

from collections.abc import Mapping

from sqlalchemy import and_, or_

from anpr.events import Access, LockTransit, SectionTransit
from sinks.store.schema import events

CaseEvent = SectionTransit | LockTransit | Access

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "section_transit": ("violation",),
    "lock_transit": ("through", "review"),
    "access": ("deny", "flag"),
}
"""The verdicts, by the kind of event, that a person must look at."""

IS_CANDIDATE = or_(
    *(
        and_(events.c.kind == kind, events.c.verdict.in_(verdicts))
        for kind, verdicts in CANDIDATES.items()
    )
)


def is_candidate(event: CaseEvent) -> bool:
    """Say whether an event is one that a person must look at."""
    verdict = event.decision if isinstance(event, Access) else event.verdict
    return not event.withdrawn and verdict in CANDIDATES[event.kind]


def subject_of(event: CaseEvent) -> str:
    """Name the section, lock or zone of an event."""
    match event:
        case SectionTransit():
            return event.section
        case LockTransit():
            return event.lock
        case Access():
            return event.zone
