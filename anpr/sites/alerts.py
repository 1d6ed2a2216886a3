"""What a site says of its alerts: which events go where, what mutes them, and who hears next."""

from math import asin, cos, hypot, radians, sin, sqrt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.events import CameraStatus, Decision, LockVerdict, SectionVerdict
from anpr.sites.enforcement import Hours
from anpr.sites.values import Ids, Metres, Part, Seconds, SomeIds

Kind = Literal["hit", "section_transit", "lock_transit", "access", "clone_suspect", "camera_state"]

VERDICTS: dict[str, tuple[str, ...]] = {
    "section_transit": tuple(SectionVerdict),
    "lock_transit": tuple(LockVerdict),
    "access": tuple(Decision),
    "camera_state": tuple(CameraStatus),
}
"""What `verdicts` may name, by the kind of event: its verdict, decision or state."""

Way = Literal["in", "out", "through"]

_EARTH_M = 6_371_000.0


class When(Part):
    """What an alert route asks of an event; what is absent is not asked."""

    kind: Kind
    """the kind of event, such as 'hit'"""
    priority_min: Annotated[int, Field(ge=0, le=100)] | None = None
    """the least priority of a hit, from 0 to 100"""
    lists: Ids | None = None
    """the names of the lists whose hits are meant"""
    rules: Ids | None = None
    """the ids of the sections, locks or zones that are meant"""
    cameras: Ids | None = None
    """the ids of the cameras that are meant"""
    areas: Ids | None = None
    """the names of the areas whose cameras are meant"""
    ways: tuple[Way, ...] | None = None
    """the ways over the zone's border that are meant, such as ['out']"""
    hours: tuple[Hours, ...] = ()
    """the days and hours at which it must happen, such as [{ from = '22:00', to = '06:00' }]"""
    verdicts: tuple[str, ...] | None = None
    """the verdicts, decisions or states that are meant"""

    @model_validator(mode="after")
    def _can_come_true(self) -> Self:
        """Refuse what no event can meet: the route would be silent and nobody would know."""
        if self.kind != "hit" and (self.priority_min is not None or self.lists is not None):
            msg = "only a hit has a priority and a list; take them out or write kind = 'hit'"
            raise ValueError(msg)
        if self.kind not in {"section_transit", "lock_transit", "access"} and self.rules:
            msg = f"a {self.kind} is of no section, lock or zone; take `rules` out"
            raise ValueError(msg)
        known = VERDICTS.get(self.kind, ())
        if wrong := [verdict for verdict in self.verdicts or () if verdict not in known]:
            choice = f"choose from {', '.join(known)}" if known else "take `verdicts` out"
            msg = f"no {self.kind} has the verdict {', '.join(map(repr, wrong))}; {choice}"
            raise ValueError(msg)
        return self


class Escalation(Part):
    """`[[alerts.escalate]]`: who hears of it next when nobody takes an alert up."""

    after_s: Annotated[float, Field(ge=5, le=86400)]
    """the seconds after which it goes on, from 5 to 86400"""
    channels: SomeIds
    """the names of the channels that it goes to then"""


class AlertRoute(Part):
    """`[[alerts]]`: which events go to which channels."""

    when: When
    """the events that are meant, such as { kind = 'hit', priority_min = 50 }"""
    channels: SomeIds
    """the names of channels, such as ['console']"""
    repeat_after_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 600
    """the seconds before the same thing at the same camera is sent again"""
    escalate: tuple[Escalation, ...] = ()
    """[[alerts.escalate]] tables: who hears of it next when nobody takes it up"""


class Inhibition(Part):
    """`[[inhibits]]`: an alert that keeps others from being sent."""

    when: When
    """the alerts that keep others quiet, such as { kind = 'camera_state', verdicts = ['down'] }"""
    mutes: When
    """the events that stay on the console then, such as { kind = 'section_transit' }"""
    same: Literal["camera", "plate"] = "camera"
    """'camera' or 'plate': what both must have in common"""
    within_s: Seconds = 3600
    """the seconds around the first within which it keeps the others quiet"""


class Area(Part):
    """`[areas.NAME]`: a round part of the zone, for routes and for patrols."""

    title: Annotated[str, Field(max_length=100)] = ""
    """what people call it"""
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    """the degrees north of its middle (WGS 84), such as 51.0901"""
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    """the degrees east of its middle (WGS 84), such as 4.3702"""
    radius_m: Metres
    """its radius in metres"""

    def holds(self, lat: float, lon: float) -> bool:
        """Say whether a place lies in it."""
        return distance_m((self.lat, self.lon), (lat, lon)) <= self.radius_m


class Network(Part):
    """`[networks.NAME]`: a neighbourhood network that people write to, such as a BIN."""

    title: Annotated[str, Field(max_length=100)] = ""
    """what people call it, such as 'BIN Boom-Noord'"""
    channels: SomeIds
    """the names of the channels that carry its messages; no alert goes there by this"""


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Measure the way over the ground between two places (degrees north and east)."""
    lat, lon = radians(other[0] - one[0]), radians(other[1] - one[1])
    scale = sqrt(cos(radians(one[0])) * cos(radians(other[0])))
    return 2 * _EARTH_M * asin(min(1.0, hypot(sin(lat / 2), scale * sin(lon / 2))))
