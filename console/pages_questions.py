"""The pages of the investigators' questions: a form for each kind, the answer, and what follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from anpr.errors import AccessDeniedError
from console.access import requires
from console.asking import Asked, Told, ask
from console.assets import asset
from console.context import Console, Here
from console.exports import MEDIA, Format, export
from console.filing import keep_question
from console.investigating import TrailPoint
from console.mapping import HEIGHT, WIDTH
from console.pages_search import moment_of
from console.problems import NothingHereError, SecondPersonError, UnlawfulError
from console.question import Question
from console.second_person import ask_for
from console.trails import trail_of
from console.views import show
from sinks.store.people import Account
from sinks.store.rights import Purpose, Right, purposes_of

router = APIRouter(include_in_schema=False)

Searcher = Annotated[Account, Depends(requires(Right.SEARCH))]
MOST_BYTES = 131_072
SCENES = 3

Kind = Literal["passages", "trail", "habits", "couriers", "convoy", "areas", "past"]
KINDS = ("passages", "trail", "habits", "couriers", "convoy", "areas", "past")
_ASKED: TypeAdapter[Any] = TypeAdapter(Asked)


@dataclass(frozen=True, slots=True)
class Box:
    """A field of a form: its name, what it is called in Dutch, and how it is filled in."""

    name: str
    label: str
    type: str = "text"
    default: str = ""


_PLATE = Box("plate", "Plaat", "plate")
FORMS: Mapping[str, tuple[Box, ...]] = {
    "passages": (
        Box("plate", "Plaat of patroon", "plate"),
        Box("plates", "Of een reeks platen, één per regel", "lines"),
        Box("look_alikes", "Ook look-alikes (0/O, 8/B, 1/I …)", "check"),
        Box("alternatives", "Ook wat de camera mogelijk achtte", "check"),
        Box("unread", "Alleen onleesbare platen", "check"),
    ),
    "trail": (_PLATE, Box("alternatives", "Ook wat de camera mogelijk achtte", "check")),
    "habits": (_PLATE,),
    "couriers": (
        Box("longest_min", "Hoogstens zoveel minuten binnen", "number", "15"),
        Box("shortest_min", "Minstens zoveel minuten", "number", "2"),
        Box("times", "Minstens zoveel keren", "number", "3"),
        Box("days", "Op minstens zoveel dagen", "number", "2"),
        Box("from_hour", "Vanaf uur", "number"),
        Box("to_hour", "Tot uur", "number"),
    ),
    "convoy": (
        _PLATE,
        Box("within_s", "Binnen zoveel seconden", "number", "30"),
        Box("at_cameras", "Bij minstens zoveel camera's", "number", "3"),
    ),
    "areas": (Box("at_least", "Op minstens zoveel plaatsen (leeg: alle)", "number"),),
    "past": (Box("list", "Lijst"), Box("plate_pattern", "De regel, zoals de lijst ze schrijft")),
}
"""What each kind asks beside its filters and grounds."""

_TEXTS = ("from", "to", "direction", "purpose", "case_ref", "decision_ref", "request", "why")
_MANY = ("cameras", "classes", "countries", "colours", "lists")


async def _form(request: Request) -> FormData:
    return await request.form()


@router.get("/questions")
def questions(_account: Searcher) -> Response:
    """Go to the first kind."""
    return RedirectResponse(f"/questions/{KINDS[0]}", HTTPStatus.SEE_OTHER)


@router.get("/questions/{kind}")
def question_page(request: Request, kind: Kind, account: Searcher) -> Response:
    """Show the empty form of a kind."""
    return _page(request, account, kind, _empty(kind))


@router.post("/questions/{kind}", max_body_size=MOST_BYTES)
def question_answered(
    request: Request,
    kind: Kind,
    console: Here,
    account: Searcher,
    form: Annotated[FormData, Depends(_form)],
) -> Response:
    """Ask, export, keep, or ask for a second person: as the button says."""
    filled = _filled(kind, form)
    try:
        question = _ASKED.validate_python(
            {"kind": kind, "question": _written(console, kind, form)}
        ).question
        return _done(request, console, account, kind, filled, question, str(form.get("do", "ask")))
    except ValidationError as error:
        wrong = {str(part) for one in error.errors(include_input=False) for part in one["loc"]}
        return _page(request, account, kind, filled, wrong=wrong)
    except SecondPersonError:
        return _page(request, account, kind, filled, needs_second=True)
    except UnlawfulError as error:
        ruling = error.ruling
        return _page(
            request, account, kind, filled, wrong={ruling.field},
            refusal=(ruling.reason.value, ruling.earliest),
        )  # fmt: skip
    except AccessDeniedError:
        return _page(request, account, kind, filled, wrong={"purpose"})
    except NothingHereError:
        return _page(request, account, kind, filled, wrong={"list", "plate_pattern"})


def _done(
    request: Request,
    console: Console,
    account: Account,
    kind: str,
    filled: Mapping[str, object],
    question: Question,
    do: str,
) -> Response:
    if do in set(Format):
        file = export(console, account, kind, question, Format(do))
        name = f"{kind}-onvolledig" if file.is_partial else kind
        headers = {"Content-Disposition": f'attachment; filename="{name}.{do}"'}
        return Response(file.text, media_type=MEDIA[Format(do)], headers=headers)
    if do == "keep":
        dossier, _, _ = keep_question(console, account, kind, question, str(filled["why"]))
        return RedirectResponse(f"/dossiers/{dossier.id}", HTTPStatus.SEE_OTHER)
    if do in {"request", "urgent"}:
        why = str(filled["why"]).strip()
        if not why:
            return _page(request, account, kind, filled, wrong={"why"}, needs_second=True)
        made = ask_for(console, account, kind, question, why, is_urgent=do == "urgent")
        again = {**filled, "request": str(made.id)}
        return _page(request, account, kind, again, requested=made)
    return _page(request, account, kind, filled, told=ask(console, account, kind, question))


def _empty(kind: str) -> dict[str, object]:
    boxes = {box.name: box.default for box in FORMS[kind]}
    return {**dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_MANY, ()), **boxes, "scenes": []}


def _filled(kind: str, form: FormData) -> dict[str, object]:
    """Give what was filled in, to show it again."""
    filled = _empty(kind)
    for name in (*_TEXTS, *(box.name for box in FORMS[kind])):
        filled[name] = str(form.get(name, ""))
    for name in _MANY:
        filled[name] = tuple(str(one) for one in form.getlist(name) if str(one).strip())
    filled["scenes"] = [
        {
            "cameras": [str(one) for one in form.getlist(f"scene{number}_cameras")],
            "from": str(form.get(f"scene{number}_from", "")),
            "to": str(form.get(f"scene{number}_to", "")),
        }
        for number in range(SCENES)
    ]
    return filled


def _written(console: Console, kind: str, form: FormData) -> dict[str, object]:
    """Write what was filled in as the API takes it."""
    zone = console.site.site.zone
    moment: Callable[[str, int], object] = lambda text, fold: moment_of(text, zone, fold)  # noqa: E731
    question: dict[str, object] = {
        name: text
        for name in (*_TEXTS, *(box.name for box in FORMS[kind]))
        if name not in {"why", "from", "to", "plates"} and (text := str(form.get(name, "")).strip())
    }
    for name, fold in (("from", 0), ("to", 1)):
        if text := str(form.get(name, "")).strip():
            question[name] = moment(text, fold)
    for name in _MANY:
        if some := [part for one in form.getlist(name) for part in str(one).split()]:
            question[name] = some
    if plates := str(form.get("plates", "")).split():
        question["plates"] = plates
    if kind == "areas":
        question["scenes"] = [
            {
                "cameras": form.getlist(f"scene{number}_cameras"),
                "from": moment(str(form.get(f"scene{number}_from", "")), 0),
                "to": moment(str(form.get(f"scene{number}_to", "")), 1),
            }
            for number in range(SCENES)
            if form.getlist(f"scene{number}_cameras")
        ]
    return question


def _page(
    request: Request,
    account: Account,
    kind: str,
    filled: Mapping[str, object],
    *,
    wrong: set[str] | frozenset[str] = frozenset(),
    refusal: tuple[str, object] | None = None,
    needs_second: bool = False,
    requested: object = None,
    told: Told | None = None,
) -> Response:
    status = HTTPStatus.OK
    if refusal or needs_second:
        status = HTTPStatus.FORBIDDEN
    elif wrong:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    console: Console = request.app.state.console
    points = [one for one in told.answer.results if isinstance(one, TrailPoint)] if told else []
    return show(
        request, "questions/question.html", account, status, kind=kind, kinds=KINDS,
        boxes=FORMS[kind], filled=filled, wrong=wrong, refusal=refusal, needs_second=needs_second,
        requested=requested, told=told, scenes=range(SCENES),
        trail=trail_of(console.site, points), size=(WIDTH, HEIGHT),
        on_tiles=console.site.map.tiles is not None and asset("leaflet.js") is not None,
        purposes=[one for one in Purpose if one in purposes_of(account.roles)],
    )  # fmt: skip
