"""Who may know of a list and its hits: a list names its roles, and a discreet hit is for few.

Whatever gives hits to people asks here: what somebody is not cleared for is to them not there, in
no list, count or stream.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

from anpr.events import Action, CameraState, Hit, RuleEvent
from anpr.sites import ListSettings
from sinks.store.rights import Role
from sinks.store.schema import alerts, events

DISCREET_ROLES = frozenset({Role.INVESTIGATOR})
"""Who may know of a discreet entry and its hits where its list names nobody."""

LOOKING_FIRST = frozenset({Role.DISPATCHER, Role.INVESTIGATOR})
"""Who looks at hits that are not confirmed before a patrol hears of them."""

_IS_DISCREET = f'"action":"{Action.DISCREET.value}"'
"""How the JSON of a hit says so; in a text of a hit the quotes would be escaped."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What somebody with certain roles may know of lists and hits."""

    roles: frozenset[Role]
    lists: Mapping[str, ListSettings] = field(default_factory=dict)

    def covers(self, list_: str) -> bool:
        """Say whether a list and its ordinary entries and hits may be known."""
        named = self._named(list_)
        return not named or not named.isdisjoint(self.roles)

    def covers_discreet(self, list_: str) -> bool:
        """Say whether the discreet entries and hits of a list may be known."""
        return not (self._named(list_) or DISCREET_ROLES).isdisjoint(self.roles)

    def covers_event(self, event: RuleEvent | CameraState) -> bool:
        """Say whether an event may be known, as far as that depends on lists."""
        if not isinstance(event, Hit):
            return True
        if event.action is Action.DISCREET:
            return self.covers_discreet(event.list)
        return self.covers(event.list)

    @property
    def events(self) -> ColumnElement[bool]:
        """What of the table of events may be known."""
        return _known(
            self,
            events.c.kind,
            events.c.body,
            lambda names: events.c.subject.in_(sorted(names)),
        )

    @property
    def alerts(self) -> ColumnElement[bool]:
        """What of the table of alerts may be known; the subject of a hit's is `list/entry`."""
        subject = alerts.c.subject
        confirmed = alerts.c.dispatch_only.is_(False) if self.is_afield else true()
        known = _known(
            self,
            alerts.c.kind,
            alerts.c.body,
            lambda names: or_(
                false(), *(subject.startswith(f"{name}/", autoescape=True) for name in names)
            ),
        )
        return and_(confirmed, known)

    @property
    def is_afield(self) -> bool:
        """Whether somebody sees alerts only on patrol: not those that must be looked at first."""
        return self.roles.isdisjoint(LOOKING_FIRST)

    @property
    def hidden(self) -> frozenset[str]:
        """The lists that name other roles."""
        return frozenset(name for name in self.lists if not self.covers(name))

    @property
    def named(self) -> frozenset[str]:
        """The lists that name one of these roles."""
        return frozenset(name for name in self.lists if self._named(name) & self.roles)

    def _named(self, list_: str) -> frozenset[Role]:
        settings = self.lists.get(list_)
        return frozenset(map(Role, settings.visible_to)) if settings else frozenset()


def _known(
    clearance: Clearance,
    kind: ColumnElement[str],
    body: ColumnElement[str],
    of: Callable[[Iterable[str]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Say in SQL what `covers_event` says; `of` tells whether a hit is one of some lists."""
    is_ordinary = not_(body.contains(_IS_DISCREET, autoescape=True))
    sees_discreet = true() if clearance.roles & DISCREET_ROLES else of(clearance.named)
    hit = and_(not_(of(clearance.hidden)), or_(is_ordinary, sees_discreet))
    return or_(kind != "hit", hit)
