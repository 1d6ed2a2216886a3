"""What is remembered of one camera's frames, and from where they must be read again for it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from anpr.frames import FrameMeta
from anpr.time import OLDEST
from ocr.track import GAP, Track

HELD = timedelta(seconds=60)
"""For how much of a track's time its frames are kept for a restart. A vehicle that stood in view
for longer becomes a new track then; frames cannot be kept for as long as somebody parks."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody in view without a break, by plates seen or by the word of the gantry's sensors.

    `sensed` is the first frame whose sensors told of a vehicle, with its JPEG; `is_told`: a plate
    of it has been read. Who was sensed and leaves untold is an unread vehicle.
    """

    offset: int
    last_at: datetime
    sensed: FrameMeta | None = None
    jpeg: bytes = field(default=b"", repr=False)
    is_told: bool = False

    def goes_on(self, captured_at: datetime) -> bool:
        """Tell whether a frame of this moment may still show it."""
        return abs(captured_at - self.last_at) <= GAP

    @property
    def is_unread(self) -> bool:
        """Whether a vehicle is sure and its plate is not."""
        return self.sensed is not None and not self.is_told

    def with_frame(self, meta: FrameMeta, jpeg: bytes) -> "Presence":
        """Take in the next frame that shows it."""
        if self.sensed is not None or meta.vehicle is None:
            return replace(self, last_at=meta.captured_at)
        return replace(self, last_at=meta.captured_at, sensed=meta, jpeg=jpeg)


@dataclass(frozen=True, slots=True)
class Stream:
    """One camera's open tracks, and since when (offset, capture time) there has been any."""

    tracks: tuple[Track, ...] = ()
    since: int = 0
    busy_from: datetime = OLDEST
    heard: datetime = OLDEST
    last_frame: str = ""
    presence: Presence | None = None

    def silence(self, captured_at: datetime, appended_at: datetime) -> timedelta:
        """Tell how long its tracks have been silent, beside a frame of another stream.

        By the log's clock and by the cameras': after a standstill of the whole zone the log's
        alone would take everything for over. Nothing is silent where nothing is open.
        """
        seen_at = max((track.last.at for track in self.tracks), default=None)
        if self.presence and self.presence.is_unread:
            seen_at = max(seen_at or OLDEST, self.presence.last_at)
        if seen_at is None:
            return timedelta(0)
        return min(appended_at - self.heard, captured_at - seen_at)

    def goes_on(self, captured_at: datetime) -> bool:
        """Tell whether a frame of this moment may show a vehicle that is in view here."""
        return any(abs(captured_at - track.last.at) <= GAP for track in self.tracks)

    def needed_from(self) -> int | None:
        """Tell from which offset the tracks must be folded again; None where none needs it.

        From where none was open the same tracks come out again. Where the road has been busy for
        too long, from the start of the oldest track that is still worth it.
        """
        young = [one for one in self.tracks if one.age <= HELD]
        waits = self.presence.offset if self.presence and self.presence.is_unread else None
        if not young:
            return waits
        newest = max(one.last.at for one in young)
        is_short = newest - self.busy_from <= HELD
        needed = self.since if is_short else min(one.offset for one in young)
        return needed if waits is None else min(needed, waits)
