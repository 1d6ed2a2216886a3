"""Clone suspects: one plate at two places between which no vehicle could have driven."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

from anpr.events import CloneSuspect, Passage, RuleRef, TimeSource
from anpr.ids import event_id
from anpr.lists import Lists
from anpr.sites import Camera
from rules.rule import revision_of
from rules.sightings import by_plate
from rules.version import rule_ref

EARTH_RADIUS_KM = 6371.0088
SHORTEST_S = 0.001


@dataclass(frozen=True)
class CloneRule:
    """Compare the consecutive sightings of a plate by the straight line between the cameras.

    Only identical plates of known high confidence, timed by a camera, from countries that do not
    contradict each other. The time counts with both clock errors, so `implied_kmh` is the least
    speed. Consecutive ones suffice: a vehicle that can drive each leg can drive them all.
    """

    cameras_by_id: Mapping[str, Camera]
    lateness_s: float
    min_confidence: float = 0.9
    above_kmh: float = 250.0
    min_distance_km: float = 1.0
    window: timedelta = timedelta(minutes=30)

    @property
    def id(self) -> str:
        """The rule's id."""
        return "clone"

    @property
    def reach(self) -> timedelta:
        """The longest time between two sightings that are compared."""
        return self.window

    @property
    def cameras(self) -> None:
        """Every camera."""
        return

    @cached_property
    def ref(self) -> RuleRef:
        """The rule with its version."""
        places = {
            camera.id: [camera.lat, camera.lon, camera.clock_error_ms]
            for camera in self.cameras_by_id.values()
        }
        limits = [
            self.min_confidence, self.above_kmh, self.min_distance_km, self.window.total_seconds(),
            self.lateness_s,
        ]  # fmt: skip
        return rule_ref(self.id, {"cameras": places, "limits": limits})

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[CloneSuspect]:
        """Give a suspect for each leg that no vehicle could have driven."""
        if not any(self._may_be_a_leg(*both) for both in pairwise(passages)):
            return []
        sure = [passage for passage in passages if self._is_sure(passage)]
        return [
            suspect
            for plate, seen in by_plate(sure).items()
            for first, second in pairwise(seen)
            if (suspect := self._leg(plate, first, second))
        ]

    def _may_be_a_leg(self, first: Passage, second: Passage) -> bool:
        """Say quickly whether a vehicle may not have driven from a passage to the next in time.

        Where each such way is possible, so is every longer one.
        """
        if first.position or second.position:
            return True
        return second.at - first.at < self._crossing(first.camera, second.camera)

    def _is_sure(self, passage: Passage) -> bool:
        return (
            passage.confidence is not None
            and passage.confidence >= self.min_confidence
            and passage.time_source is TimeSource.CAMERA
            and passage.camera in self.cameras_by_id
            and passage.received_at - passage.at <= self._lateness
        )

    def _leg(self, plate: str, first: Passage, second: Passage) -> CloneSuspect | None:
        apart = second.at - first.at
        if first.camera == second.camera or apart > self.window or _contradict(first, second):
            return None
        distance_km = distance(*self._place(first), *self._place(second))
        clocks_s = (self._clock_ms(first) + self._clock_ms(second)) / 1000
        travel_s = max(apart.total_seconds() + clocks_s, SHORTEST_S)
        implied_kmh = distance_km / travel_s * 3600
        if distance_km < self.min_distance_km or implied_kmh <= self.above_kmh:
            return None
        legs = (first.id, second.id)
        return CloneSuspect(
            id=event_id("clone_suspect", self.id, [], legs),
            revision=revision_of([first, second]),
            late=first.late or second.late,
            at=second.at,
            rule=self.ref,
            passages=legs,
            plate=plate,
            cameras=(first.camera, second.camera),
            implied_kmh=round(implied_kmh, 1),
        )

    @cached_property
    def _crossing(self) -> Callable[[str, str], timedelta]:
        """From what time on a way between two cameras is possible, and a second for rounding."""

        @cache
        def crossing(first: str, second: str) -> timedelta:
            one, other = self.cameras_by_id.get(first), self.cameras_by_id.get(second)
            if one is None or other is None:
                return timedelta.max
            distance_km = distance(one.lat, one.lon, other.lat, other.lon)
            return timedelta(hours=distance_km / self.above_kmh, seconds=1)

        return crossing

    @cached_property
    def _lateness(self) -> timedelta:
        return timedelta(seconds=self.lateness_s)

    def _place(self, passage: Passage) -> tuple[float, float]:
        camera = self.cameras_by_id[passage.camera]
        place = passage.position or camera
        return place.lat, place.lon

    def _clock_ms(self, passage: Passage) -> float:
        return max(self.cameras_by_id[passage.camera].clock_error_ms, passage.clock_error_ms or 0)


@lru_cache(maxsize=65_536)
def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Compute the great-circle distance in km (haversine on the mean sphere; degrees)."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    half = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


def _contradict(first: Passage, second: Passage) -> bool:
    """Two known countries that differ are two plates with the same text."""
    countries = {passage.country for passage in (first, second) if passage.country}
    return len(countries) > 1
