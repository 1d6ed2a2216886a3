"""The route on which the controller of a section's dynamic signs says what they display."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, status
from fastapi.security.http import HTTPBase
from pydantic import BaseModel, Field, ValidationError

from anpr.events import Wire
from anpr.ports import Record
from anpr.signs import DisplayedLimit
from anpr.sites import Section
from anpr.time import Moment, rfc3339
from anpr.topics import CONTROLS
from ingest.access import check_token
from ingest.bodies import JSON_TYPES, check_type, hear_out, read_body
from ingest.documents import ANSWERS
from ingest.intake import Intake
from ingest.refusals import RefusedError, invalid, unreadable
from ingest.times import AHEAD_TOLERANCE

LONGEST_DELAY = timedelta(days=1)
"""How late a controller may say what its signs displayed."""


class Display(Wire):
    """What the signs show: a limit in km/h, or null where they are dark."""

    limit_kmh: Annotated[int, Field(ge=5, le=200)] | None
    since: Annotated[
        Moment | None,
        Field(alias="from", description="When they began to show it. Default: now"),
    ] = None


class LimitTaken(BaseModel):
    """A displayed limit that is kept."""

    section: str
    holds_from: str


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Display.model_json_schema()}},
    }
}


def sign_routes(intake: Intake) -> APIRouter:
    """Make the routes under `/v1/sections/{section}`; they keep what comes in `intake`'s log."""
    bearer = Depends(HTTPBase(scheme="bearer", scheme_name="signToken", auto_error=False))
    router = APIRouter(
        prefix="/v1/sections/{section}", tags=["signs"], dependencies=[bearer], responses=ANSWERS
    )
    sections = {section.id: section for section in intake.site.sections}

    @router.post("/limit", status_code=status.HTTP_202_ACCEPTED, openapi_extra=_BODY)
    async def show_limit(
        request: Request, section: Annotated[str, Path(description="The section's id")]
    ) -> LimitTaken:
        """Say what the signs display; say it again whenever it changes, with the moment it did."""
        received_at = intake.now()
        try:
            known = _admit(intake, sections.get(section), request.headers.get("authorization"))
        except RefusedError:
            await hear_out(request, intake.limits)
            raise
        check_type(request.headers.get("content-type"), JSON_TYPES)
        display = _display_in(await read_body(request, intake.limits))
        holds_from = display.since or received_at
        if why := _untrue(holds_from, received_at):
            raise invalid("from", (("body", "from"), why))
        limit = DisplayedLimit(section=known.id, holds_from=holds_from, limit_kmh=display.limit_kmh)
        await intake.keep(CONTROLS, [Record(limit.key, limit.to_json())])
        return LimitTaken(section=known.id, holds_from=rfc3339(holds_from))

    return router


def _admit(intake: Intake, section: Section | None, authorization: str | None) -> Section:
    """Give the section whose signs' token this is. Raises RefusedError as cameras get it."""
    if section is None:
        why = "no such section in the site file. Check the id in the address"
        raise RefusedError(HTTPStatus.NOT_FOUND, "unknown_section", why)
    if section.sign_token is None:
        why = "this section has no sign_token in the site file, so it has no dynamic signs"
        raise RefusedError(HTTPStatus.FORBIDDEN, "no_token", why)
    check_token(intake, section.id, section.sign_token, authorization)
    return section


def _untrue(holds_from: datetime, received_at: datetime) -> str | None:
    """Say why a controller's moment is not taken: its clock must not rewrite closed cases."""
    if holds_from - received_at > AHEAD_TOLERANCE:
        return "it lies ahead: say it when it is displayed"
    if received_at - holds_from > LONGEST_DELAY:
        return "it lies more than a day back: set the clock, or say it by hand (anpr limit set)"
    return None


def _display_in(body: bytes) -> Display:
    try:
        return Display.model_validate_json(body)
    except ValidationError as error:
        raise unreadable("display", ("body",), error) from error
