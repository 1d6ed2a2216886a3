"""The search page: a form that asks for the grounds, and the passages found."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from anpr.errors import AccessDeniedError
from console.access import requires
from console.context import Console, Here
from console.problems import UnlawfulError
from console.searching import Findings, PassageSearch, search
from console.views import show
from sinks.store.people import Account
from sinks.store.rights import Purpose, Right, purposes_of

router = APIRouter(include_in_schema=False)

Searcher = Annotated[Account, Depends(requires(Right.SEARCH))]
MOST_BYTES = 65536
_TEXTS = ("plate", "from", "to", "purpose", "case_ref", "decision_ref", "after")


@router.get("/search")
def search_page(request: Request, account: Searcher) -> Response:
    """Show the empty form."""
    return _page(request, account, dict.fromkeys(_TEXTS, ""), (), is_folded=False)


@router.post("/search", max_body_size=MOST_BYTES)
def search_results(
    request: Request,
    console: Here,
    account: Searcher,
    plate: Annotated[str, Form()] = "",
    since: Annotated[str, Form(alias="from")] = "",
    to: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    case_ref: Annotated[str, Form()] = "",
    decision_ref: Annotated[str, Form()] = "",
    after: Annotated[str, Form()] = "",
    cameras: Annotated[tuple[str, ...], Form()] = (),
    look_alikes: Annotated[bool, Form()] = False,  # noqa: FBT002 a checkbox is absent when off
) -> Response:
    """Search, and show what was found or what is wrong with the question."""
    texts = dict(
        zip(_TEXTS, (plate, since, to, purpose, case_ref, decision_ref, after), strict=True)
    )
    try:
        wanted = _wanted(console, texts, cameras, look_alikes=look_alikes)
        findings = search(console, account, wanted)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors(include_input=False)}
        return _page(request, account, texts, cameras, is_folded=look_alikes, wrong=wrong)
    except UnlawfulError as error:
        ruling = error.ruling
        return _page(
            request,
            account,
            texts,
            cameras,
            is_folded=look_alikes,
            wrong={ruling.field},
            refusal=(ruling.reason.value, ruling.earliest),
        )
    except AccessDeniedError:
        return _page(request, account, texts, cameras, is_folded=look_alikes, wrong={"purpose"})
    return _page(request, account, texts, cameras, is_folded=look_alikes, findings=findings)


def _wanted(
    console: Console, texts: dict[str, str], cameras: tuple[str, ...], *, look_alikes: bool
) -> PassageSearch:
    zone = console.site.site.zone
    known = [one for one in cameras if console.site.camera(one) is not None]
    return PassageSearch.model_validate(
        {
            **{name: text for name, text in texts.items() if text.strip()},
            **{
                name: moment_of(texts[name], zone, fold)
                for name, fold in (("from", 0), ("to", 1))
                if texts[name].strip()
            },
            "cameras": known,
            "look_alikes": look_alikes,
        }
    )


def moment_of(text: str, zone: ZoneInfo, fold: int) -> datetime | str:
    """Read a browser's local time; in the hour that comes twice the period takes in both."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    except ValueError:
        return text


def _page(
    request: Request,
    account: Account,
    texts: dict[str, str],
    cameras: tuple[str, ...],
    *,
    is_folded: bool,
    wrong: set[str] | frozenset[str] = frozenset(),
    refusal: tuple[str, datetime] | None = None,
    findings: Findings | None = None,
) -> Response:
    status = HTTPStatus.OK
    if wrong:
        status = HTTPStatus.FORBIDDEN if refusal else HTTPStatus.UNPROCESSABLE_ENTITY
    return show(
        request,
        "search.html",
        account,
        status,
        texts=texts,
        chosen=cameras,
        is_folded=is_folded,
        wrong=wrong,
        refusal=refusal,
        findings=findings,
        purposes=[one for one in Purpose if one in purposes_of(account.roles)],
    )
