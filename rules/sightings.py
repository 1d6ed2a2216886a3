"""Sightings: the passages of one plate at one end of a road that were one vehicle's, once."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from anpr.events import Passage
from anpr.sites import Camera


class Sighting(NamedTuple):
    """One vehicle at one end once: when, the passage that stands for it, and all of them by time.

    The most confident passage stands for it (unknown counts lowest; ties: earlier, then lower id).
    """

    at: datetime
    best: Passage
    passages: Sequence[Passage]

    @property
    def others(self) -> list[Passage]:
        """The passages beside the best."""
        if len(self.passages) == 1:
            return []
        return [passage for passage in self.passages if passage.id != self.best.id]

    @property
    def in_view(self) -> timedelta:
        """How long the best passage's camera saw it."""
        if len(self.passages) == 1:
            return self.best.last_at - self.best.first_at
        seen = [passage for passage in self.passages if passage.camera == self.best.camera]
        return max(one.last_at for one in seen) - min(one.first_at for one in seen)


@dataclass(frozen=True, slots=True)
class End:
    """The cameras at one end of a road, and the time within which they see one vehicle once."""

    cameras: frozenset[str]
    merge: timedelta

    @classmethod
    def of(cls, ids: Iterable[str], cameras_by_id: Mapping[str, Camera]) -> Self:
        """Take the longest `merge_s` of the cameras at this end."""
        cameras = frozenset(ids)
        merge_s = max(cameras_by_id[id_].merge_s for id_ in cameras)
        return cls(cameras, timedelta(seconds=merge_s))

    def sightings(self, passages: Iterable[Passage]) -> dict[str, list[Sighting]]:
        """Give the sightings at this end by identical plate; passages and sightings by time."""
        here = [passage for passage in passages if passage.camera in self.cameras]
        if len(here) == 1 and (plate := here[0].plate) is not None:
            return {plate: [Sighting(here[0].at, here[0], here)]}
        return {plate: sightings(seen, self.merge) for plate, seen in by_plate(here).items()}


def sightings(passages: Iterable[Passage], within: timedelta) -> list[Sighting]:
    """Group the passages of one plate at one end, given by time, into sightings by time.

    A passage joins where it comes at most `within` after the sighting's first.
    """
    groups: list[list[Passage]] = []
    for passage in passages:
        if groups and passage.at - groups[-1][0].at <= within:
            groups[-1].append(passage)
        else:
            groups.append([passage])
    best = (group[0] if len(group) == 1 else min(group, key=_rank) for group in groups)
    return [Sighting(one.at, one, group) for one, group in zip(best, groups, strict=True)]


def by_plate(passages: Iterable[Passage]) -> dict[str, list[Passage]]:
    """Group passages by their identical plate; unread ones are left out."""
    groups: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        if passage.plate is not None:
            groups[passage.plate].append(passage)
    return groups


def pairable(
    passages: Iterable[Passage], cameras: Container[str], lateness: timedelta
) -> list[Passage]:
    """Leave out what other cameras saw, and what came so late that it is never paired."""
    return [
        one for one in passages if one.camera in cameras and one.received_at - one.at <= lateness
    ]


def _rank(passage: Passage) -> tuple[float, datetime, str]:
    confidence = -1.0 if passage.confidence is None else passage.confidence
    return -confidence, passage.at, passage.id
