"""Turning answers into pages: templates, the words of a language, times and plates as shown."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from anpr.plates import display, masked, syntax
from console.assets import asset
from console.context import Console
from console.question_words import FIELDS, QUESTIONS
from console.words import CODES, LANGUAGES, says
from sinks.alerts.dutch import in_dutch
from sinks.alerts.words import UNCONFIRMED, apart
from sinks.store.people import Account
from sinks.store.rights import Right

LANGUAGE_COOKIE = "anpr-language"
SHORT_S = 120
"""Shorter durations are shown in seconds, to a tenth."""

_PLACES: Mapping[str, tuple[Right, str]] = MappingProxyType(
    {
        "/": (Right.LIVE, "Live"),
        "/patrol": (Right.ALERTS, "Patrouille"),
        "/search": (Right.SEARCH, "Zoeken"),
        "/questions": (Right.SEARCH, "Onderzoek"),
        "/requests": (Right.SEARCH, "Aanvragen"),
        "/review": (Right.CASES, "Nazicht"),
        "/cases": (Right.CASES, "Dossiers"),
        "/lists": (Right.LISTS, "Lijsten"),
        "/silences": (Right.SILENCES, "Stiltes"),
        "/networks": (Right.NETWORKS, "Buurtnetten"),
        "/statistics": (Right.STATISTICS, "Cijfers"),
        "/dashboard": (Right.CAMERAS, "Toestand"),
        "/map": (Right.CAMERAS, "Kaart"),
        "/cameras": (Right.CAMERAS, "Camera's"),
        "/people": (Right.ACCOUNTS, "Mensen"),
        "/urgent": (Right.AUDIT, "Dringend"),
        "/audit": (Right.AUDIT, "Logboek"),
    }
)


def places_of(account: Account | None) -> list[tuple[str, str]]:
    """Give the places an account may go to: the address and its name, in order."""
    rights = account.rights if account else frozenset[Right]()
    return [(path, name) for path, (right, name) in _PLACES.items() if right in rights]


def home_of(account: Account) -> str:
    """Give the first page of an account."""
    places = places_of(account)
    return places[0][0] if places else "/nowhere"


def show(
    request: Request,
    template: str,
    account: Account | None,
    status: HTTPStatus = HTTPStatus.OK,
    **context: object,
) -> HTMLResponse:
    """Render a page for an account."""
    path = request.url.path
    here = next((one for one in _PLACES if one != "/" and path.startswith(one)), path)
    text = render(request, template, account, here=here, places=places_of(account), **context)
    return HTMLResponse(text, status)


def render(request: Request, template: str, account: Account | None, **context: object) -> str:
    """Render a template, in the language and the time zone of whoever asks."""
    console: Console = request.app.state.console
    language = language_of(request)
    zone = console.site.site.zone
    return _TEMPLATES.get_template(template).render(
        _=partial(says, language),
        account=account,
        elsewhere=console.elsewhere,
        camera=partial(_camera, console),
        alert_words=partial(_alert_words, language),
        language=language,
        languages=LANGUAGES,
        site=console.site,
        today=console.now().astimezone(zone).date(),
        zone=zone,
        **context,
    )


def is_partial(request: Request) -> bool:
    """Say whether a script asks for a part of a page, to put in place of what stands there."""
    return request.headers.get("hx-request") == "true"


def error_page(request: Request, status: HTTPStatus) -> HTMLResponse:
    """Tell a person that a page cannot be shown."""
    return show(request, "error.html", None, status, code=status.value)


def language_of(request: Request) -> str:
    """Give the language that was chosen; Dutch until one was."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def _camera(console: Console, camera: str) -> str:
    known = console.site.camera(camera)
    return known.title if known else camera


def _alert_words(language: str, words: str) -> list[str]:
    """Say an alert's words, but for the doubts that a card tells by the entry itself."""
    said = [word for word in apart(words) if word not in UNCONFIRMED.values()]
    return list(map(in_dutch, said)) if language == LANGUAGES[0] else said


def _percent(share: float | None) -> str:
    # Floored: a reading of 0.999 is not certain.
    return "?" if share is None else f"{int(share * 100)} %"


def _plate(plate: str, country: str | None, home: str) -> str:
    if country is None:
        country = next((reading.country for reading in syntax(plate, home)), None)
    return display(plate, country)


def _duration(seconds: float) -> str:
    if seconds < SHORT_S:
        return f"{seconds:.1f} s"
    hours, rest = divmod(timedelta(seconds=round(seconds)), timedelta(hours=1))
    minutes, seconds_left = divmod(rest.seconds, 60)
    return f"{hours} u {minutes:02d} min" if hours else f"{minutes} min {seconds_left:02d} s"


def _when(moment: datetime, zone: Any, today: Any) -> str:
    local = moment.astimezone(zone)
    if local.date() == today:
        return local.strftime("%H:%M:%S")
    is_this_year = local.year == today.year
    return local.strftime("%d/%m %H:%M:%S" if is_this_year else "%d/%m/%Y %H:%M:%S")


def _said(value: object) -> str:
    """Say a value of a question or an answer in Dutch, as a document does."""
    match value:
        case None | "" | [] | ():
            return "-"
        case bool():
            return "ja" if value else "nee"
        case list() | tuple():
            return "; ".join(map(_said, value))
        case Mapping():
            return ", ".join(
                f"{FIELDS.get(name, name)} {_said(one)}" for name, one in value.items()
            )
        case str() if value in CODES:
            return CODES[value][0]
        case _:
            return str(value)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(zip=zip, asset=asset, field_names=FIELDS, question_names=QUESTIONS)
    environment.filters.update(
        duration=_duration, masked=masked, percent=_percent, plate=_plate, said=_said, when=_when
    )
    return environment


_TEMPLATES = _environment()
