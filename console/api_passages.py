"""The API of passages: search, open one, look at its images."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from anpr.events import Event, Match, Passage
from anpr.time import Moment
from console.access import Caller, requires
from console.context import Console, Here
from console.investigating import dark_out
from console.opening import image_urls, open_image, open_passage
from console.question import Reference
from console.searching import PassageSearch, search
from sinks.analysis.figures import DarkOut
from sinks.store.audit import Grounds
from sinks.store.people import Account
from sinks.store.rights import Purpose, Right

router = APIRouter(prefix="/api", tags=["passages"])

MOST_BYTES = 65536

NAME_SIGNS = r"^[^\x00-\x1f\x7f]*$"
"""What names are written with: no database keeps a NUL, and none of ours has one."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in"},
    403: {"description": "Not allowed: the right, the purpose, or the age of the data"},
}


class FoundPassage(Passage):
    """A passage, and how its plate matches what was searched (null when no plate was)."""

    match: Match | None


class SearchAnswer(BaseModel):
    """The passages found, newest first.

    `from` and `to` are the period that was really searched; `earliest` is how far back the
    grounds given open the store; `next` is the `after` of the next page, null on the last; `dark`
    are the cameras that saw nothing meanwhile: what they missed is in no answer.
    """

    model_config = ConfigDict(populate_by_name=True)

    passages: list[FoundPassage]
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment
    earliest: Moment
    next: str | None
    dark: list[DarkOut]


class OpenedPassage(Passage):
    """A passage, the events that rest on it, and where to get its images."""

    events: tuple[Event, ...]
    image_urls: dict[str, str]


def _grounds(
    purpose: Purpose | None = None,
    case_ref: Reference | None = None,
    decision_ref: Reference | None = None,
) -> Grounds:
    return Grounds(purpose, case_ref, decision_ref)


Given = Annotated[Grounds, Depends(_grounds)]
"""Grounds in a query; without them those of a hit, of a case, or of the account's last search."""


@router.post(
    "/passages/search",
    responses={
        **REFUSALS,
        400: {"description": "The body is not text that can be read"},
        413: {"description": "The body is too big"},
    },
    max_body_size=MOST_BYTES,
)
def search_passages(
    wanted: PassageSearch,
    console: Here,
    account: Annotated[Account, Depends(requires(Right.SEARCH))],
) -> SearchAnswer:
    """Search stored passages by plate, for a purpose and a case. Every search is audited."""
    refuse_unknown_cameras(console, wanted.cameras)
    findings = search(console, account, wanted)
    return SearchAnswer(
        passages=[FoundPassage(**dict(one.passage), match=one.match) for one in findings.found],
        from_=findings.period.since,
        to=findings.period.until,
        earliest=findings.earliest,
        next=findings.next,
        dark=dark_out(findings.dark),
    )


@router.get("/passages/{passage}", responses={**REFUSALS, 404: {"description": "No such passage"}})
def read_passage(
    passage: Annotated[str, Path(max_length=100, pattern=NAME_SIGNS)],
    console: Here,
    account: Caller,
    given: Given,
) -> OpenedPassage:
    """Open a passage: on the grounds given, of an event on it, or of the account's last search."""
    opened = open_passage(console, account, passage, given)
    return OpenedPassage(
        **dict(opened.passage), events=opened.events, image_urls=image_urls(opened.passage)
    )


@router.get(
    "/images/{sha256}",
    response_class=Response,
    responses={
        **REFUSALS,
        200: {"content": {"image/jpeg": {}, "image/png": {}}},
        404: {"description": "No such image of this passage, or it has been erased"},
    },
)
def read_image(
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    passage: Annotated[
        str,
        Query(max_length=100, pattern=NAME_SIGNS, description="The passage that it shows"),
    ],
    console: Here,
    account: Caller,
    given: Given,
) -> Response:
    """Look at an image of a passage, on the same grounds as the passage itself."""
    image = open_image(console, account, passage, f"sha256:{sha256}", given)
    is_png = image.startswith(b"\x89PNG")
    return Response(image, media_type="image/png" if is_png else "image/jpeg")


def refuse_unknown_cameras(console: Console, cameras: tuple[str, ...]) -> None:
    """Refuse cameras that the site does not have. Raises RequestValidationError."""
    unknown = [
        {
            "type": "value_error",
            "loc": ("body", "cameras", index),
            "msg": "the site has no camera of this id; take one from /api/cameras",
        }
        for index, camera in enumerate(cameras)
        if console.site.camera(camera) is None
    ]
    if unknown:
        raise RequestValidationError(unknown)
