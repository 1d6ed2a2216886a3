"""What is remembered of one camera's frames, and from where they must be read again for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.time import OLDEST
from ocr.track import GAP, Track

HELD = timedelta(seconds=60)
"""For how much of a track's time its frames are kept for a restart. A vehicle that stood in view
for longer becomes a new track then; frames cannot be kept for as long as somebody parks."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One camera's open tracks, and since when (offset, capture time) there has been any."""

    tracks: tuple[Track, ...] = ()
    since: int = 0
    busy_from: datetime = OLDEST
    heard: datetime = OLDEST
    last_frame: str = ""

    def silence(self, captured_at: datetime, appended_at: datetime) -> timedelta:
        """Tell how long its tracks have been silent, beside a frame of another stream.

        By the log's clock and by the cameras': after a standstill of the whole zone the log's
        alone would take everything for over. Nothing is silent where nothing is open.
        """
        if not self.tracks:
            return timedelta(0)
        seen_at = max(track.last.at for track in self.tracks)
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
        if not young:
            return None
        newest = max(one.last.at for one in young)
        is_short = newest - self.busy_from <= HELD
        return self.since if is_short else min(one.offset for one in young)
