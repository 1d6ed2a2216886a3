"""What people read outside of the console: what happened where, and where to look; no plate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from anpr.events import (
    Access,
    CameraState,
    CloneSuspect,
    Hit,
    LockTransit,
    Match,
    RuleEvent,
    SectionTransit,
)
from anpr.plates import display
from anpr.sites import Site
from anpr.sites.channels import ForPeople
from sinks.alerts import words
from sinks.alerts.payload import AlertPayload, Notice, Together, read_parcel

_DUTCH: Mapping[str, str] = MappingProxyType(
    {
        "hit": "Treffer",
        "section_transit": "Trajectcontrole",
        "lock_transit": "Vrachtwagensluis",
        "access": "Toegang",
        "clone_suspect": "Vermoeden van een dubbele plaat",
        "camera_state": "Camera",
        "alerts": "meldingen",
        "RECALLED": "HERROEPEN",
        "NOT LIVE": "NIET LIVE",
        "priority": "prioriteit",
        "camera": "camera",
        "time": "tijd",
        "plate": "plaat",
        "list": "lijst",
        "last updated": "laatst bijgewerkt",
        "never by import": "niet bekend",
        "alert": "melding",
        words.UNCONFIRMED[Match.EQUIVALENT]: (
            "niet bevestigd: de plaat lijkt op die van de lijst; vergelijk de foto"
        ),
        words.UNCONFIRMED[Match.WILDCARD]: (
            "niet bevestigd: de plaat past in het patroon van de lijst; vergelijk de foto"
        ),
        words.UNCONFIRMED[Match.PROBABLE]: (
            "niet bevestigd: de plaat is waarschijnlijk die van de lijst; vergelijk de foto"
        ),
        words.STALE: (
            "de lijst werd niet op tijd vernieuwd: vraag na of ze nog geldt; niet staande houden"
        ),
        words.DEMOTED: (
            "de lijst bleek te vaak fout: kijk eerst na, en houd niet staande op dit alleen"
        ),
        words.LAPSED: "herroepen: de plaat is van de lijst gehaald of vervallen",
        words.PART_OF_CASE: "deel van een zaak: een andere melding vertelt de hoogste snelheid",
        words.HIGHEST_OF_CASE: "de hoogste van opeenvolgende trajecten: vervangt de vorige melding",
        words.CAMERA_UP: "herroepen: de camera werkt weer",
        words.CAMERA_CHANGED: "herroepen: de camera is nu in een andere toestand",
        words.RECALLED: "herroepen: wat deze melding opriep, klopt niet meer",
    }
)
"""What is said in Dutch; what is missing here is said in English."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a person gets: a title of one line, and the lines under it.

    `thread` is the same for all that is said of one alert.
    """

    title: str
    body: str
    thread: str


class Writer:
    """Writes for one channel: in its language, with plates only where it may."""

    def __init__(self, site: Site, terms: ForPeople) -> None:
        self._site = site
        self._terms = terms

    def write(self, body: bytes) -> Text:
        """Write what a channel was given to carry."""
        match read_parcel(body):
            case Notice() as notice:
                return Text(notice.title, notice.notice, notice.key)
            case Together(alerts=alerts):
                title = f"[{alerts[0].site}] {len(alerts)} {self._say('alerts')}"
                told = [f"{self._title(one)}\n{self._body(one)}" for one in alerts]
                return Text(title, "\n\n".join(told), alerts[0].key)
            case AlertPayload() as alert:
                title = f"[{alert.site}] {self._title(alert)}"
                return Text(title, self._body(alert), f"alert-{alert.alert}")
            case never:
                assert_never(never)

    def _say(self, word: str) -> str:
        return _DUTCH.get(word, word) if self._terms.language == "nl" else word.replace("_", " ")

    def _title(self, alert: AlertPayload) -> str:
        marks = [self._say("RECALLED")] if alert.state == "recalled" else []
        marks += [] if alert.live else [self._say("NOT LIVE")]
        event = alert.event
        said = self._say(alert.kind)
        if isinstance(event, Hit):
            said += f", {self._say('priority')} {event.priority}"
        return ": ".join([*marks, f"{said}, {self._place(alert)}"])

    def _place(self, alert: AlertPayload) -> str:
        if isinstance(alert.event, SectionTransit):
            return alert.event.section
        known = self._site.camera(alert.camera or "")
        return known.title if known else str(alert.camera)

    def _body(self, alert: AlertPayload) -> str:
        return "\n".join(self._lines(alert, alert.event))

    def _lines(self, alert: AlertPayload, event: RuleEvent | CameraState) -> Iterator[str]:
        yield from map(self._say, alert.words)
        yield f"{self._say('time')}: {self._when(event.at)}"
        if detail := _detail(event):
            yield detail
        if isinstance(event, Hit):
            renewed = event.list_updated_at
            told = self._when(renewed) if renewed else self._say("never by import")
            yield f"{self._say('list')}: {event.list}, {self._say('last updated')}: {told}"
        if self._terms.plates and not isinstance(event, CameraState):
            yield f"{self._say('plate')}: {display(event.plate, self._site.site.country)}"
        yield f"{self._say('alert')} {alert.alert}"
        if self._site.site.console_url:
            yield f"{self._site.site.console_url.rstrip('/')}/alerts/{alert.alert}"

    def _when(self, moment: datetime) -> str:
        return moment.astimezone(self._site.site.zone).strftime("%d/%m/%Y %H:%M:%S")


def _detail(event: RuleEvent | CameraState) -> str:
    """Say what of an event is neither plate nor free text."""
    match event:
        case Hit():
            return str(event.action)
        case SectionTransit():
            return f"{event.corrected_kmh} km/h, max {event.limit_kmh} km/h"
        case LockTransit():
            return f"{event.lock}: {event.verdict}"
        case Access():
            return f"{event.zone}: {event.decision}"
        case CameraState():
            return str(event.state)
        case CloneSuspect():
            return ", ".join(event.cameras)
