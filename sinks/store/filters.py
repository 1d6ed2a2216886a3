"""What narrows a question down: cameras, classes, colours, countries, lists and directions."""

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_

from sinks.store.clearance import Clearance
from sinks.store.dialects import among, told_in
from sinks.store.schema import event_passages, events, passages
from sinks.store.visits import NO_BORDER, Border, Way

RECEDING = "receding"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages count; what is empty is not asked.

    `direction` is approaching or receding, or `in` or `out` of the zone, by the cameras of its
    border. `lists`: a hit of one of them rests on the passage, of those that `clearance` opens.
    """

    cameras: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    direction: str | None = None
    is_unread: bool = False
    border: Border = field(default_factory=lambda: NO_BORDER)
    clearance: Clearance = field(default_factory=lambda: Clearance(frozenset()))

    @property
    def narrows(self) -> bool:
        """Say whether anything but the cameras is asked."""
        asked = (self.classes, self.colours, self.countries, self.lists, self.direction)
        return any(asked) or self.is_unread

    @property
    def unread(self) -> "Filters":
        """The same, of vehicles whose plate could not be read."""
        return replace(self, is_unread=True)

    def conditions(self, connection: Connection) -> list[ColumnElement[bool]]:
        """Say it in SQL, of live passages."""
        passage = passages.c
        said: list[ColumnElement[bool]] = [passage.withdrawn.is_(False)]
        chosen: tuple[tuple[ColumnElement[Any], tuple[str, ...]], ...] = (
            (passage.camera, self.cameras),
            (passage.vehicle_class, self.classes),
            (passage.country, self.countries),
            (told_in(connection, passage.body, "vehicle", "colour"), self.colours),
        )
        said += [column.in_(values) for column, values in chosen if values]
        if self.is_unread:
            said.append(passage.plate.is_(None))
        if self.lists:
            said.append(self._hit())
        if self.direction is not None:
            said.append(self._heads(connection, self.direction))
        return said

    def _hit(self) -> ColumnElement[bool]:
        return exists().where(
            event_passages.c.passage_id == passages.c.id,
            event_passages.c.event_id == events.c.id,
            event_passages.c.at_us == events.c.at_us,
            events.c.at_us == passages.c.at_us,  # a hit happens at its passage's moment
            events.c.kind == "hit",
            events.c.withdrawn.is_(False),
            events.c.subject.in_(self.lists),
            self.clearance.events,
        )

    def _heads(self, connection: Connection, direction: str) -> ColumnElement[bool]:
        recedes = passages.c.direction == RECEDING
        if direction not in set(Way):
            return passages.c.direction == direction
        same = [camera for camera, way in self.border.items() if way == direction]
        other = [camera for camera, way in self.border.items() if way != direction]
        return or_(
            and_(among(connection, passages.c.camera, same), ~recedes),
            and_(among(connection, passages.c.camera, other), recedes),
        )


NO_FILTERS = Filters()
