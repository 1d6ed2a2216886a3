"""The questions of an investigation: trail, couriers, convoy, areas and habits, behind the gate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Generic, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from anpr.events import Match, Wire
from anpr.plates import fold
from anpr.time import Moment, from_us
from console.context import Console
from console.gate import Passed, close_gate, dark_of, open_gate
from console.question import Cameras, Question, WholePlate, cursor_of, text_of
from console.searching import PassageSearch, match_of
from sinks.analysis.dark import Dark
from sinks.analysis.dark_days import dark_in
from sinks.analysis.figures import DarkOut
from sinks.store.areas import Recurring, Scene, find_recurring
from sinks.store.convoys import Companion, ConvoyQuery, find_companions
from sinks.store.couriers import Courier, CourierQuery, find_couriers
from sinks.store.habits import Habits, find_habits
from sinks.store.people import Account
from sinks.store.questions import Cursor, PassageQuery, Period, find_passages

T = TypeVar("T")

MOST_SCENES = 20
Hour = Annotated[int, Field(ge=0, le=24)]


class TrailQuestion(Question):
    """Where a vehicle was, oldest first. Look-alikes and other spellings count where asked."""

    plate: WholePlate
    look_alikes: bool = True
    alternatives: bool = False


class HabitsQuestion(Question):
    """Since when a vehicle comes, where, and at which hours of the week."""

    plate: WholePlate


class CouriersQuestion(Question):
    """Who entered and left the zone within `longest_min` minutes, `times` times or more.

    `days`: on so many days at least; `from_hour` and `to_hour` bound the local hour of leaving,
    over midnight too. `exempt`: vehicles with a permit of the site are left out. `page` is the
    `next` of the page before.
    """

    longest_min: Annotated[float, Field(gt=0, le=1440)] = 15
    shortest_min: Annotated[float, Field(ge=0, le=1440)] = 0
    times: Annotated[int, Field(ge=1, le=1000)] = 3
    days: Annotated[int, Field(ge=1, le=365)] = 1
    from_hour: Hour | None = None
    to_hour: Hour | None = None
    exempt: bool = True
    page: Annotated[str | None, Field(max_length=16)] = None

    @field_validator("to_hour")
    @classmethod
    def _both_hours(cls, value: int | None, info: ValidationInfo) -> int | None:
        if (value is None) is not (info.data.get("from_hour") is None):
            raise ValueError("give `from_hour` and `to_hour`, or neither")
        return value


class ConvoyQuestion(Question):
    """Who was within `within_s` seconds of a plate at `at_cameras` cameras or more."""

    plate: WholePlate
    within_s: Annotated[float, Field(gt=0, le=600)] = 30
    at_cameras: Annotated[int, Field(ge=1, le=100)] = 3


class SceneOf(Wire):
    """Some cameras in a window of time; `to` is exclusive."""

    cameras: Annotated[Cameras, Field(min_length=1)]
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment

    @field_validator("to")
    @classmethod
    def _is_after_from(cls, value: datetime, info: ValidationInfo) -> datetime:
        since = info.data.get("from_")
        if since and value <= since:
            raise ValueError("`to` is not after `from`; exchange them")
        return value


class AreasQuestion(Question):
    """Who was at several scenes: at A in one window and at B in another.

    `at_least`: at so many of them; absent means all. `page` is the `next` of the page before.
    """

    scenes: Annotated[tuple[SceneOf, ...], Field(min_length=2, max_length=MOST_SCENES)]
    at_least: Annotated[int | None, Field(ge=2, le=MOST_SCENES)] = None
    page: Annotated[str | None, Field(max_length=16)] = None


class TrailPoint(Wire):
    """A vehicle past one camera; `after_s` since the point before, `match` how its plate fits."""

    id: str
    at: datetime
    camera: str
    plate: str | None
    match: Match | None
    confidence: float | None
    direction: str
    lat: float | None
    lon: float | None
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a question gave, the period it really covered, what was dark then, and the next page."""

    kind: str
    results: tuple[T, ...]
    period: Period
    earliest: datetime
    next: str | None
    dark: tuple[Dark, ...]


def ask_trail(console: Console, account: Account, asked: TrailQuestion) -> Answer[TrailPoint]:
    """Follow a vehicle. Raises what the gate raises, as all of these do."""
    passed = open_gate(console, account, "trail", asked)
    query = PassageQuery(
        passed.period,
        asked.plate,
        asked.look_alikes,
        asked.filters(console, account),
        alternatives=asked.alternatives,
        oldest_first=True,
    )
    with console.engine.connect() as connection:
        found = find_passages(connection, query, asked.limit, cursor_of(asked.after))
    same = PassageSearch(plate=asked.plate, purpose=asked.purpose, case_ref=asked.case_ref)
    points = []
    for number, one in enumerate(found):
        camera = console.site.camera(one.camera)
        where = one.position or camera
        before = found[number - 1].at if number else None
        points.append(
            TrailPoint(
                id=one.id,
                at=one.at,
                camera=one.camera,
                plate=one.plate,
                match=match_of(one, same),
                confidence=one.confidence,
                direction=one.direction.value,
                lat=where.lat if where else None,
                lon=where.lon if where else None,
                after_s=None if before is None else (one.at - before).total_seconds(),
            )
        )
    is_more = len(found) == asked.limit
    following = text_of(Cursor.after(found[-1])) if is_more else None
    return _answer(console, account, passed, points, following)


def ask_habits(console: Console, account: Account, asked: HabitsQuestion) -> Answer[Habits]:
    """Sum up what a vehicle does."""
    passed = open_gate(console, account, "habits", asked)
    with console.engine.connect() as connection:
        habits = find_habits(
            connection,
            passed.period,
            fold(asked.plate),
            console.site.site.zone,
            asked.filters(console, account),
        )
    return _answer(console, account, passed, [habits] if habits.passages else [], None)


def ask_couriers(console: Console, account: Account, asked: CouriersQuestion) -> Answer[Courier]:
    """Find who comes for minutes and comes again."""
    passed = open_gate(console, account, "couriers", asked)
    hours = (
        None
        if asked.from_hour is None or asked.to_hour is None
        else (asked.from_hour, asked.to_hour)
    )
    query = CourierQuery(
        period=passed.period,
        zone=console.site.site.zone,
        longest=timedelta(minutes=asked.longest_min),
        shortest=timedelta(minutes=asked.shortest_min),
        times=asked.times,
        days=asked.days,
        hours=hours,
        cameras=asked.cameras,
        filters=asked.filters(console, account),
        is_ordinary=_has_permit(console) if asked.exempt else None,
    )
    with console.engine.connect() as connection:
        found = find_couriers(connection, query, asked.limit, asked.page)
    following = found[-1].fold if len(found) == asked.limit else None
    return _answer(console, account, passed, found, following)


def ask_convoy(console: Console, account: Account, asked: ConvoyQuestion) -> Answer[Companion]:
    """Find who drives along with a vehicle."""
    passed = open_gate(console, account, "convoy", asked)
    query = ConvoyQuery(
        passed.period,
        fold(asked.plate),
        timedelta(seconds=asked.within_s),
        asked.at_cameras,
        asked.filters(console, account),
    )
    with console.engine.connect() as connection:
        found = find_companions(connection, query, asked.limit)
    return _answer(console, account, passed, found, None)


def ask_areas(console: Console, account: Account, asked: AreasQuestion) -> Answer[Recurring]:
    """Find who was at several scenes; what the grounds do not open of a scene is left out."""
    whole = Period(min(one.from_ for one in asked.scenes), max(one.to for one in asked.scenes))
    passed = open_gate(console, account, "areas", asked, whole)
    scenes = [
        Scene(
            Period(max(one.from_, passed.period.since), min(one.to, passed.period.until)),
            one.cameras,
        )
        for one in asked.scenes
    ]
    filters = asked.filters(console, account)
    with console.engine.connect() as connection:
        found = find_recurring(
            connection, scenes, asked.at_least or len(scenes), asked.limit, filters, asked.page
        )
    following = found[-1].fold if len(found) == asked.limit else None
    return _answer(console, account, passed, found, following, scenes)


def dark_out(dark: Sequence[Dark]) -> list[DarkOut]:
    """Write dark times as the API does."""
    return [
        DarkOut(
            camera=one.camera,
            since=from_us(one.since_us),
            until=from_us(one.until_us),
            why=one.why,
            expected=one.expected,
        )
        for one in dark
    ]


def _answer(
    console: Console,
    account: Account,
    passed: Passed,
    results: Sequence[T],
    following: str | None,
    scenes: Sequence[Scene] = (),
) -> Answer[T]:
    dark = dark_of(console, passed) if not scenes else _dark_at(console, passed, scenes)
    close_gate(console, account, passed, len(results))
    return Answer(
        passed.kind, tuple(results), passed.period, passed.earliest, following, tuple(dark)
    )


def _dark_at(console: Console, passed: Passed, scenes: Sequence[Scene]) -> list[Dark]:
    """Give what was dark at the scenes: elsewhere and at other times it hides nothing."""
    found = [
        dark
        for scene in scenes
        for dark in dark_in(console.engine, console.site, scene.period, passed.now, scene.cameras)
    ]
    return sorted(set(found), key=lambda one: (one.camera, one.since_us))


def _has_permit(console: Console) -> Callable[[str, datetime], bool]:
    """Tell who had a permit of the site at a moment: an ordinary reason to come."""
    lists = console.lists()
    names = sorted(console.site.permit_lists)

    def has_permit(plate: str, at: datetime) -> bool:
        return any(lists.latest(name).find_look_alikes(plate, None, at) for name in names)

    return has_permit
