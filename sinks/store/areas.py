"""Who was at several places at their times: seen at A in one window and at B in another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, select

from anpr.time import from_us, to_us
from sinks.store.dialects import among
from sinks.store.filters import NO_FILTERS, Filters
from sinks.store.questions import Period
from sinks.store.schema import passages


@dataclass(frozen=True, slots=True)
class Scene:
    """Some cameras in a window of time: where and when something happened."""

    period: Period
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spotted:
    """A passage at a scene, by the scene's place in the question."""

    scene: int
    id: str
    at: datetime
    camera: str
    plate: str


@dataclass(frozen=True, slots=True)
class Recurring:
    """A vehicle that was at several scenes, and where it was seen; look-alikes are one vehicle."""

    fold: str
    scenes: tuple[int, ...]
    spotted: tuple[Spotted, ...]


def find_recurring(
    connection: Connection,
    scenes: Sequence[Scene],
    at_least: int,
    limit: int,
    filters: Filters = NO_FILTERS,
    after: str | None = None,
) -> list[Recurring]:
    """Find the vehicles seen at `at_least` of the scenes, those at most of them first."""
    at_scenes: dict[str, set[int]] = defaultdict(set)
    for number, scene in enumerate(scenes):
        for fold in _folds(connection, scene, filters):
            at_scenes[fold].add(number)
    ranked = sorted(
        (-len(numbers), fold) for fold, numbers in at_scenes.items() if len(numbers) >= at_least
    )
    folds = [fold for _, fold in ranked]
    if after is not None and after in folds:
        folds = folds[folds.index(after) + 1 :]
    spotted = _spotted(connection, scenes, filters, folds[:limit])
    return [
        Recurring(fold, tuple(sorted(at_scenes[fold])), tuple(spotted[fold]))
        for fold in folds[:limit]
    ]


def _folds(connection: Connection, scene: Scene, filters: Filters) -> Sequence[str]:
    wanted = (
        select(passages.c.fold)
        .where(*_at(connection, scene, filters), passages.c.fold.is_not(None))
        .distinct()
    )
    return connection.scalars(wanted).all()


def _spotted(
    connection: Connection, scenes: Sequence[Scene], filters: Filters, folds: Sequence[str]
) -> dict[str, list[Spotted]]:
    found: dict[str, list[Spotted]] = defaultdict(list)
    columns = passages.c["fold", "id", "at_us", "camera", "plate"]
    for number, scene in enumerate(scenes):
        wanted = (
            select(*columns)
            .where(*_at(connection, scene, filters), among(connection, passages.c.fold, folds))
            .order_by(passages.c.at_us, passages.c.id)
        )
        for row in connection.execute(wanted):
            found[row.fold].append(_spot(number, row))
    return found


def _at(connection: Connection, scene: Scene, filters: Filters) -> tuple[ColumnElement[bool], ...]:
    here = replace(filters, cameras=scene.cameras)
    return (
        *here.conditions(connection),
        passages.c.at_us >= to_us(scene.period.since),
        passages.c.at_us < to_us(scene.period.until),
    )


def _spot(scene: int, row: Row[tuple[str, str, int, str, str]]) -> Spotted:
    return Spotted(scene, row.id, from_us(row.at_us), row.camera, row.plate)
