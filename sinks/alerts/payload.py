"""What a channel carries: the JSON of one alert."""

from typing import Literal

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
    event: Event
