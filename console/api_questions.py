"""The API of the investigators' questions, of their files, and of the second person."""

from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from anpr.time import Moment
from console.access import requires
from console.api_passages import MOST_BYTES, REFUSALS, refuse_unknown_cameras
from console.asking import Asked, cameras_of
from console.context import Here
from console.exports import MEDIA, Format, export
from console.investigating import (
    Answer,
    AreasQuestion,
    ConvoyQuestion,
    CouriersQuestion,
    HabitsQuestion,
    TrailPoint,
    TrailQuestion,
    ask_areas,
    ask_convoy,
    ask_couriers,
    ask_habits,
    ask_trail,
    dark_out,
)
from sinks.analysis.figures import DarkOut
from sinks.store.areas import Recurring
from sinks.store.convoys import Companion
from sinks.store.couriers import Courier
from sinks.store.habits import Habits
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(prefix="/api/questions", tags=["questions"], responses=REFUSALS)

Searcher = Annotated[Account, Depends(requires(Right.SEARCH))]

T = TypeVar("T")


class AnswerOut(BaseModel, Generic[T]):
    """What a question gave.

    `from` and `to` are the period that was really asked, `earliest` how far back the grounds given
    open the store, `next` what the next page is asked with, and `dark` the cameras that saw nothing
    meanwhile: what they missed is in no answer.
    """

    model_config = ConfigDict(populate_by_name=True)

    results: list[T]
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    earliest: Moment
    next: str | None
    dark: list[DarkOut]


@router.post("/trail", max_body_size=MOST_BYTES)
def read_trail(asked: TrailQuestion, console: Here, account: Searcher) -> AnswerOut[TrailPoint]:
    """Follow a vehicle over time and places, oldest first."""
    refuse_unknown_cameras(console, asked.cameras)
    return _out(ask_trail(console, account, asked))


@router.post("/habits", max_body_size=MOST_BYTES)
def read_habits(asked: HabitsQuestion, console: Here, account: Searcher) -> AnswerOut[Habits]:
    """Tell since when a vehicle comes, its usual places and hours."""
    refuse_unknown_cameras(console, asked.cameras)
    return _out(ask_habits(console, account, asked))


@router.post("/couriers", max_body_size=MOST_BYTES)
def read_couriers(asked: CouriersQuestion, console: Here, account: Searcher) -> AnswerOut[Courier]:
    """Find who enters and leaves the zone within minutes, again and again."""
    refuse_unknown_cameras(console, asked.cameras)
    return _out(ask_couriers(console, account, asked))


@router.post("/convoy", max_body_size=MOST_BYTES)
def read_convoy(asked: ConvoyQuestion, console: Here, account: Searcher) -> AnswerOut[Companion]:
    """Find who drives along with a vehicle, more than chance explains."""
    refuse_unknown_cameras(console, asked.cameras)
    return _out(ask_convoy(console, account, asked))


@router.post("/areas", max_body_size=MOST_BYTES)
def read_areas(asked: AreasQuestion, console: Here, account: Searcher) -> AnswerOut[Recurring]:
    """Find who was at several places at their times."""
    refuse_unknown_cameras(console, asked.cameras)
    refuse_unknown_cameras(console, cameras_of(asked))
    return _out(ask_areas(console, account, asked))


@router.post(
    "/export",
    response_class=Response,
    responses={200: {"content": {media: {} for media in MEDIA.values()}}},
    max_body_size=MOST_BYTES,
)
def read_export(
    asked: Asked,
    console: Here,
    account: Searcher,
    form: Annotated[Format, Query(alias="format")] = Format.CSV,
) -> Response:
    """Give the answer to any question as a file; `X-Dark-Cameras` names what was dark.

    `X-Partial` is `true` where there is more than a file holds: narrow the question then.
    """
    refuse_unknown_cameras(console, cameras_of(asked.question))
    made = export(console, account, asked.kind, asked.question, form)
    dark = ", ".join(sorted({one.camera for one in made.told.answer.dark}))
    headers = {
        "Content-Disposition": f'attachment; filename="{asked.kind}.{form.value}"',
        "X-Dark-Cameras": dark,
        "X-Partial": str(made.is_partial).lower(),
    }
    return Response(made.text, media_type=MEDIA[form], headers=headers)


def _out(answer: Answer[T]) -> AnswerOut[T]:
    return AnswerOut(
        results=list(answer.results),
        from_=answer.period.since,
        to=answer.period.until,
        earliest=answer.earliest,
        next=answer.next,
        dark=dark_out(answer.dark),
    )
