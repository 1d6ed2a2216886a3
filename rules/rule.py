"""What a rule is: configuration and a pure judgement over the passages of one plate fold."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from anpr.events import Passage, RuleEvent
from anpr.lists import Lists


class Rule(Protocol):
    """A rule judges all remembered passages of one plate fold at once; it stores nothing."""

    @property
    def id(self) -> str:
        """The rule's id, such as `section/n177-boom`."""
        ...

    @property
    def reach(self) -> timedelta:
        """The longest travel or stay it watches. None at all: it judges each passage by itself."""
        ...

    @property
    def cameras(self) -> frozenset[str] | None:
        """The cameras whose passages it concerns; None: all of them."""
        ...

    def judge(self, passages: Sequence[Passage], lists: Lists) -> Sequence[RuleEvent]:
        """Give every event that these passages make.

        `passages` are live, have a plate, share its fold, are of the rule's cameras, and stand in
        order of (`at`, `camera`, `id`). A rule with a reach gets two or more, since one alone
        proves no travel; a rule without one gets one.
        """
        ...


def revision_of(passages: Iterable[Passage], control_version: int = 0) -> int:
    """Compute an event's revision: its passages' revisions and its control's version, summed."""
    return sum([passage.revision for passage in passages]) + control_version
