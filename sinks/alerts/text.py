"""What people read outside of the console: what happened where, and where to look; no plate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from anpr.events import (
    Access,
    CameraState,
    CloneSuspect,
    Hit,
    LockTransit,
    RuleEvent,
    SectionTransit,
)
from anpr.plates import display
from anpr.sites import Site
from anpr.sites.channels import ForPeople
from sinks.alerts.dutch import in_dutch
from sinks.alerts.payload import AlertPayload, ListNotice, Notice, Together, read_parcel


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
            case ListNotice() as notice:
                title = f"[{notice.site}] {self._title_of_list(notice)}"
                return Text(title, "\n".join(self._lines_of_list(notice)), notice.key)
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
        return in_dutch(word) if self._terms.language == "nl" else word.replace("_", " ")

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
        yield self._detail(event)
        if isinstance(event, Hit):
            renewed = event.list_updated_at
            told = self._when(renewed) if renewed else self._say("never by import")
            yield f"{self._say('list')}: {event.list}, {self._say('last updated')}: {told}"
        if self._terms.plates and not isinstance(event, CameraState):
            yield f"{self._say('plate')}: {display(event.plate, self._site.site.country)}"
        yield f"{self._say('alert')} {alert.alert}"
        if self._site.site.console_url:
            yield f"{self._site.site.console_url.rstrip('/')}/alerts/{alert.alert}"

    def _title_of_list(self, notice: ListNotice) -> str:
        is_demoted = notice.state == "demoted"
        return (
            f"{self._say('List demoted' if is_demoted else 'List taken up again')}: {notice.list}"
        )

    def _lines_of_list(self, notice: ListNotice) -> Iterator[str]:
        yield from map(self._say, notice.words)
        yield f"{self._say('judged')}: {notice.judged}, {self._say('right')}: {notice.right}"
        yield f"{self._say('time')}: {self._when(notice.at)}"
        if self._site.site.console_url:
            yield f"{self._site.site.console_url.rstrip('/')}/silences"

    def _when(self, moment: datetime) -> str:
        return moment.astimezone(self._site.site.zone).strftime("%d/%m/%Y %H:%M:%S")

    def _detail(self, event: RuleEvent | CameraState) -> str:
        """Say what of an event is neither plate nor free text."""
        match event:
            case Hit():
                return self._say(event.action)
            case SectionTransit():
                return f"{event.corrected_kmh} km/h, max {event.limit_kmh} km/h"
            case LockTransit():
                return f"{event.lock}: {self._say(event.verdict)}"
            case Access():
                return f"{event.zone}: {self._say(event.decision)}"
            case CameraState():
                return self._say(event.state)
            case CloneSuspect():
                return ", ".join(event.cameras)
