"""What a channel carries: the JSON of one alert, of several at once, or of a message to people."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import TypeAdapter

from anpr.events import Event, Wire
from anpr.time import Moment


class AlertPayload(Wire):
    """An alert as the outside sees it; docs/alerts.md explains each field to a receiver."""

    alert: int
    state: Literal["open", "recalled"]
    kind: str
    site: str
    camera: str | None
    raised_at: Moment
    follows: int | None = None
    words: tuple[str, ...] = ()
    live: bool = True
    key: str = ""
    event: Event

    def aged(self, now: datetime) -> Self:
        """Say that it comes too late to be acted on as news."""
        minutes = (now - self.event.at) // timedelta(minutes=1)
        word = f"not live: it happened {minutes} min before this message"
        return self.model_copy(update={"live": False, "words": (word, *self.words)})


class Together(Wire):
    """Several alerts in one message."""

    alerts: tuple[AlertPayload, ...]


class Notice(Wire):
    """Words from people to people, of no alert."""

    site: str
    title: str
    notice: str
    key: str = ""


class ListNotice(Wire):
    """That a list was demoted or taken up again: of no alert, and without a plate."""

    site: str
    list: str
    state: Literal["demoted", "restored"]
    at: Moment
    judged: int
    right: int
    words: tuple[str, ...]
    key: str = ""


Parcel = AlertPayload | Together | Notice | ListNotice

_PARCEL: TypeAdapter[Parcel] = TypeAdapter(Parcel)


def read_parcel(body: bytes) -> Parcel:
    """Read what a channel was given to carry."""
    return _PARCEL.validate_json(body)
