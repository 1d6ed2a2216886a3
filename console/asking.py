"""Every question by its kind: its form, who answers it, and its rows for tables and maps."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from anpr.sites import Site
from console.context import Console
from console.investigating import (
    Answer,
    AreasQuestion,
    ConvoyQuestion,
    CouriersQuestion,
    HabitsQuestion,
    TrailQuestion,
    ask_areas,
    ask_convoy,
    ask_couriers,
    ask_habits,
    ask_trail,
)
from console.past import PastQuestion, run_against_the_past
from console.problems import NothingHereError
from console.question import Question
from console.searching import PassageSearch, search
from sinks.store.people import Account

Flat = dict[str, object]


class PassagesAsked(BaseModel):
    """A search of passages."""

    kind: Literal["passages"]
    question: PassageSearch


class TrailAsked(BaseModel):
    """The trail of a vehicle."""

    kind: Literal["trail"]
    question: TrailQuestion


class HabitsAsked(BaseModel):
    """The habits of a vehicle."""

    kind: Literal["habits"]
    question: HabitsQuestion


class CouriersAsked(BaseModel):
    """Short visits that repeat."""

    kind: Literal["couriers"]
    question: CouriersQuestion


class ConvoyAsked(BaseModel):
    """Who drives along with a vehicle."""

    kind: Literal["convoy"]
    question: ConvoyQuestion


class AreasAsked(BaseModel):
    """Who was at several scenes."""

    kind: Literal["areas"]
    question: AreasQuestion


class PastAsked(BaseModel):
    """An entry of a list against the past; `list` names the list."""

    kind: Literal["past"]
    question: PastQuestion


Asked = Annotated[
    PassagesAsked | TrailAsked | HabitsAsked | CouriersAsked | ConvoyAsked | AreasAsked | PastAsked,
    Field(discriminator="kind"),
]
"""A question with its kind."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as rows of plain values: what a table, a file, a map and a dossier show."""

    answer: Answer[Any]
    rows: tuple[Flat, ...]


def ask(console: Console, account: Account, kind: str, question: Question) -> Told:
    """Answer a question of any kind, through its gate. Raises what its gate raises."""
    answer = _ANSWERS[kind](console, account, question)
    rows = [row for one in answer.results for row in _FLAT[kind](one)]
    return Told(answer, tuple(_named(console.site, row) for row in rows))


def cameras_of(question: Question) -> tuple[str, ...]:
    """Give every camera that a question names."""
    scenes = question.scenes if isinstance(question, AreasQuestion) else ()
    return (*question.cameras, *(camera for scene in scenes for camera in scene.cameras))


def _passages(console: Console, account: Account, question: PassageSearch) -> Answer[Any]:
    found = search(console, account, question)
    return Answer("passages", found.found, found.period, found.earliest, found.next, found.dark)


def _past(console: Console, account: Account, question: PastQuestion) -> Answer[Any]:
    if question.list_ is None:
        raise NothingHereError
    past = run_against_the_past(console, account, question.list_, question)
    return Answer("past", past.hits, past.period, past.earliest, past.next, past.dark)


_ANSWERS: Mapping[str, Callable[[Console, Account, Any], Answer[Any]]] = MappingProxyType(
    {
        "passages": _passages,
        "trail": ask_trail,
        "habits": ask_habits,
        "couriers": ask_couriers,
        "convoy": ask_convoy,
        "areas": ask_areas,
        "past": _past,
    }
)


def _passage(passage: Any, match: Any) -> Flat:
    vehicle = passage.vehicle
    return {
        "at": passage.at,
        "camera": passage.camera,
        "plate": passage.plate,
        "match": match.value if match else None,
        "country": passage.country,
        "confidence": passage.confidence,
        "class": vehicle.class_.value if vehicle and vehicle.class_ else None,
        "colour": vehicle.colour if vehicle else None,
        "direction": passage.direction.value,
        "lat": passage.position.lat if passage.position else None,
        "lon": passage.position.lon if passage.position else None,
        "passage": passage.id,
    }


def _found(one: Any) -> Iterator[Flat]:
    yield _passage(one.passage, one.match)


def _past_hit(one: Any) -> Iterator[Flat]:
    yield {**_passage(one.passage, one.match), "entry": one.entry, "likelihood": one.likelihood}


def _trail(one: Any) -> Iterator[Flat]:
    fields = one.model_dump()
    yield {
        **{name: fields[name] for name in ("at", "camera", "plate", "confidence", "direction")},
        "match": one.match.value if one.match else None,
        "after_s": one.after_s,
        "lat": one.lat,
        "lon": one.lon,
        "passage": one.id,
    }


def _habits(one: Any) -> Iterator[Flat]:
    for camera, count in one.cameras:
        yield {
            "camera": camera,
            "passages": count,
            "days": one.days,
            "first_at": one.first_at,
            "last_at": one.last_at,
            "plates": " ".join(one.plates),
        }


def _courier(one: Any) -> Iterator[Flat]:
    for visit in one.visits:
        yield {
            "plates": " ".join(one.plates),
            "times": one.times,
            "days": one.days,
            "entered_at": visit.entered_at,
            "left_at": visit.left_at,
            "entry_camera": visit.entry_camera,
            "camera": visit.exit_camera,
            "passage": visit.exit_id,
        }


def _companion(one: Any) -> Iterator[Flat]:
    for met in one.encounters:
        yield {
            "plates": " ".join(one.plates),
            "cameras": one.cameras,
            "together": one.together,
            "drives": one.drives,
            "expected": one.expected,
            "lift": one.lift,
            "p": one.p,
            "at": met.at,
            "camera": met.camera,
            "gap_s": met.gap_s,
            "passage": met.other,
        }


def _recurring(one: Any) -> Iterator[Flat]:
    for spot in one.spotted:
        yield {
            "plate": spot.plate,
            "scenes": len(one.scenes),
            "scene": spot.scene + 1,
            "at": spot.at,
            "camera": spot.camera,
            "passage": spot.id,
        }


_FLAT: Mapping[str, Callable[[Any], Iterator[Flat]]] = MappingProxyType(
    {
        "passages": _found,
        "trail": _trail,
        "habits": _habits,
        "couriers": _courier,
        "convoy": _companion,
        "areas": _recurring,
        "past": _past_hit,
    }
)


def _named(site: Site, row: Flat) -> Flat:
    """Place a row on the map where its camera stands, unless a unit told where it was."""
    camera = site.camera(str(row["camera"]))
    if row.get("lat") is not None or camera is None:
        return row
    return {**row, "lat": camera.lat, "lon": camera.lon}
