"""The API of the zone itself: its cameras and its lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from anpr.events import Action, CameraStatus, Match, Passage
from anpr.list_entries import Rows
from anpr.lists import Entry, PlateList
from anpr.time import Moment
from console.access import requires
from console.api_passages import MOST_BYTES, REFUSALS
from console.context import Console, Here
from console.investigating import dark_out
from console.past import PastQuestion, run_against_the_past
from console.problems import NothingHereError
from rules.false_alerts import false_alerts_of
from sinks.analysis.figures import DarkOut
from sinks.store.audit import record_audit
from sinks.store.figures import (
    passages_per_day,
)
from sinks.store.people import Account
from sinks.store.questions import camera_states, last_passages
from sinks.store.rights import Right

router = APIRouter(prefix="/api", responses=REFUSALS)

MOST_ENTRIES = 1000

CameraKeeper = Annotated[Account, Depends(requires(Right.CAMERAS))]
ListReader = Annotated[Account, Depends(requires(Right.LISTS))]


class CameraOut(BaseModel):
    """A camera, and how it is doing; `state` is null while nothing was heard of it."""

    id: str
    name: str
    lat: float
    lon: float
    direction: Literal["in", "out", "through"]
    state: CameraStatus | None
    since: datetime | None
    reason: str | None
    last_passage_at: datetime | None


class Cameras(BaseModel):
    """The cameras of the site, in its order."""

    cameras: list[CameraOut]


class ListSummary(BaseModel):
    """A list: the version that holds now, how many entries it has, and what it is for.

    `false_alerts_per_day`: how many hits on other vehicles its entries are expected to give; null
    for permits, and where no traffic was counted yet.
    """

    name: str
    version: int
    holds_from: Moment | None
    entries: int
    permits: bool
    false_alerts_per_day: float | None


class ListsOut(BaseModel):
    """The lists, by name."""

    lists: list[ListSummary]


class ListOut(ListSummary):
    """A list with a page of its entries, and what all of them say as a SHA-256."""

    checksum: str
    content: list[Entry]


class PastHitOut(BaseModel):
    """A passage that would have been a hit, had the entry been there."""

    entry: str
    match: Match
    likelihood: float
    passage: Passage


class PastHitsOut(BaseModel):
    """What a run against the past found, newest first; `next` is the `after` of the next page.

    `from` and `to` are the period that was really gone through, `earliest` how far back the grounds
    given open the store. A page may hold fewer hits than passages were gone through.
    """

    model_config = ConfigDict(populate_by_name=True)

    hits: list[PastHitOut]
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    earliest: Moment
    next: str | None
    dark: list[DarkOut]


@router.get("/cameras", tags=["cameras"])
def read_cameras(console: Here, _account: CameraKeeper) -> Cameras:
    """Give every camera and how it is doing."""
    return Cameras(cameras=cameras_of(console))


def cameras_of(console: Console) -> list[CameraOut]:
    """Tell how every camera of the site is doing."""
    ids = [camera.id for camera in console.site.cameras]
    with console.engine.connect() as connection:
        states, seen = camera_states(connection, ids), last_passages(connection, ids)
    return [
        CameraOut(
            id=camera.id,
            name=camera.title,
            lat=camera.lat,
            lon=camera.lon,
            direction=camera.direction,
            state=state.state if (state := states.get(camera.id)) else None,
            since=state.since if state else None,
            reason=state.reason if state else None,
            last_passage_at=seen.get(camera.id),
        )
        for camera in console.site.cameras
    ]


@router.get("/lists", tags=["lists"])
def read_lists(console: Here, account: ListReader) -> ListsOut:
    """Name the lists of plates that the account may know of."""
    return ListsOut(lists=list(summaries(console, account)))


def summaries(console: Console, account: Account) -> Sequence[ListSummary]:
    """Sum up the lists that an account may know of, by what it may know of them."""
    lists = console.lists()
    passages = _passages_per_day(console)
    return [
        _summary(console, newest, known_entries(console, account, newest), passages)
        for newest in map(lists.latest, lists.names())
        if console.clearance(account).covers(newest.name)
    ]


def known_entries(console: Console, account: Account, newest: PlateList) -> Rows:
    """Give the entries that an account may know of."""
    if console.clearance(account).covers_discreet(newest.name):
        return newest.entries
    return newest.entries.without(Action.DISCREET)


def _passages_per_day(console: Console) -> float | None:
    with console.engine.connect() as connection:
        return passages_per_day(connection, console.now())


def _summary(
    console: Console, newest: PlateList, entries: Rows, passages: float | None
) -> ListSummary:
    are_permits = newest.name in console.site.permit_lists
    knows = passages is not None and not are_permits
    return ListSummary(
        name=newest.name,
        version=newest.version,
        holds_from=newest.holds_from,
        entries=len(entries),
        permits=are_permits,
        false_alerts_per_day=(
            false_alerts_of(entries, passages or 0, console.site) if knows else None
        ),
    )


@router.get("/lists/{name}", tags=["lists"], responses={404: {"description": "No such list"}})
def read_list(
    name: Annotated[str, Path(max_length=100)],
    console: Here,
    account: ListReader,
    start: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=0, le=MOST_ENTRIES)] = MOST_ENTRIES,
) -> ListOut:
    """Give the newest version of a list, so many entries from one on. Raises NothingHereError."""
    lists = console.lists()
    if name not in lists.names() or not console.clearance(account).covers(name):
        raise NothingHereError
    newest = lists.latest(name)
    known = known_entries(console, account, newest)
    entries = known.page(start, limit)
    query = {"list": name, "version": newest.version, "start": start}
    record_audit(console.engine, account, "list", console.now(), query=query, results=len(entries))
    summary = _summary(console, newest, known, _passages_per_day(console))
    return ListOut(**dict(summary), checksum=known.checksum, content=entries)


@router.post(
    "/lists/{name}/past",
    tags=["lists"],
    responses={**REFUSALS, 404: {"description": "No such entry"}},
    max_body_size=MOST_BYTES,
)
def run_past(
    name: Annotated[str, Path(max_length=100)],
    question: PastQuestion,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.SEARCH))],
) -> PastHitsOut:
    """Run an entry of a list against stored passages, on the grounds of a search."""
    past = run_against_the_past(console, account, name, question)
    return PastHitsOut(
        hits=[
            PastHitOut(
                entry=hit.entry, match=hit.match, likelihood=hit.likelihood, passage=hit.passage
            )
            for hit in past.hits
        ],
        from_=past.period.since,
        to=past.period.until,
        earliest=past.earliest,
        next=past.next,
        dark=dark_out(past.dark),
    )
