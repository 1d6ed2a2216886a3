"""One vehicle through the frames of one camera: a pure fold from frames to tracks.

A view opens a track; the views of the same vehicle join it, frame after frame. It has ended when
nothing has joined it for a while of capture time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import hypot

from rapidfuzz.distance import Levenshtein

from anpr.frames import FrameMeta
from anpr.ids import computed
from ocr.ports import Box, Image, Reading
from ocr.sensors import Facts
from ocr.vote import fuse

GAP = timedelta(seconds=1.5)
"""A track that nothing has joined for longer has ended."""
READINGS = 16
"""How many readings a track keeps, the surest: more add nothing to the vote."""
WITNESSES = 32
"""How many frames' sensor values a track keeps, the first."""
SAME = 0.5
"""The likeness from which a view and a track are one vehicle."""
REACH = 1.0
REACH_PER_S = 6.0
"""How far from where it was expected a plate may be, in its own widths: at once, and a second."""


@dataclass(frozen=True, slots=True)
class View:
    """A plate in one frame, with the pictures that prove it: the cut and the whole JPEG."""

    meta: FrameMeta
    box: Box
    reading: Reading
    crop: Image = field(compare=False)
    jpeg: bytes = field(compare=False)

    @property
    def at(self) -> datetime:
        """When it was captured."""
        return self.meta.captured_at

    @property
    def quality(self) -> float:
        """How good a proof it is: clear first, then large."""
        return self.reading.confidence**2 * self.box.w


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a track: its plate, with the view that proves it and the sensors' facts.

    `raw` is the plate as the eye has it, before the syntax of plates chose among look-alikes.
    """

    reading: Reading
    raw: str
    confidence: float
    view: View
    facts: Facts
    has_lingered: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One vehicle in view. `witnesses` are the frames that showed it alone, for their sensors."""

    id: str
    first: View
    before: View
    last: View
    best: View
    offset: int
    readings: tuple[Reading, ...]
    seen: int = 1
    witnesses: tuple[FrameMeta, ...] = ()
    said: Said | None = None

    @property
    def age(self) -> timedelta:
        """How long it has been in view."""
        return self.last.at - self.first.at

    @property
    def fused(self) -> Reading:
        """What all its readings say together."""
        return fuse(self.readings)

    def expected(self, at: datetime) -> tuple[float, float]:
        """Where its plate's centre should be, if it moves on as it did between its last views."""
        x, y = self.last.box.centre
        between = (self.last.at - self.before.at).total_seconds()
        if between <= 0:
            return x, y
        ahead = (at - self.last.at).total_seconds() / between
        x0, y0 = self.before.box.centre
        return x + (x - x0) * ahead, y + (y - y0) * ahead

    def joined(self, view: View, *, is_alone: bool) -> "Track":
        """Take in the next view of the same vehicle."""
        readings = sorted(
            (*self.readings, view.reading), key=lambda one: (-one.confidence, one.plate)
        )
        return replace(
            self,
            before=self.last,
            last=view,
            best=max(self.best, view, key=lambda one: one.quality),
            readings=tuple(readings[:READINGS]),
            seen=self.seen + 1,
            witnesses=_witnesses(self.witnesses, view, is_alone=is_alone),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a frame did: the tracks it ended, those it touched, and those now open."""

    ended: tuple[Track, ...]
    touched: tuple[Track, ...]
    open: tuple[Track, ...]


def step(tracks: Sequence[Track], meta: FrameMeta, offset: int, views: Iterable[View]) -> Seen:
    """Fold one frame into the open tracks of its camera.

    Whoever is likest joins first; a view that nobody wants opens a track, named after its frame
    and its place from left to right.
    """
    ordered = sorted(views, key=lambda one: one.box)
    # Either way: a clock that jumped ahead and back must not leave a track open for ever.
    ended = tuple(one for one in tracks if abs(meta.captured_at - one.last.at) > GAP)
    going = [one for one in tracks if one not in ended]
    is_alone = len(ordered) == 1
    mates = _pairs(going, ordered)
    joined = {at: going[at].joined(ordered[mate], is_alone=is_alone) for at, mate in mates.items()}
    opened = [
        _opened(view, meta.id, at, offset, is_alone=is_alone)
        for at, view in enumerate(ordered)
        if at not in mates.values()
    ]
    after = [joined.get(at, one) for at, one in enumerate(going)]
    return Seen(ended, (*joined.values(), *opened), (*after, *opened))


def likeness(track: Track, view: View) -> float:
    """Weigh how likely a view shows the vehicle of a track, 0..1.

    The surer both texts are, the more they decide; otherwise the place where the plate is
    expected does. Two clear plates that differ are two vehicles, even at one place.
    """
    text = Levenshtein.normalized_similarity(track.last.reading.plate, view.reading.plate)
    best = Levenshtein.normalized_similarity(track.readings[0].plate, view.reading.plate)
    trust = track.readings[0].confidence * view.reading.confidence
    return trust * max(text, best) + (1 - trust) * _closeness(track, view)


def _closeness(track: Track, view: View) -> float:
    wait = abs((view.at - track.last.at).total_seconds())
    width = max(track.last.box.w, view.box.w)
    x, y = track.expected(view.at)
    cx, cy = view.box.centre
    distance = hypot(cx - x, cy - y) / width
    return max(0.0, 1 - distance / (REACH + REACH_PER_S * wait))


def _pairs(tracks: Sequence[Track], views: Sequence[View]) -> dict[int, int]:
    """Pair tracks with views by their places in both lists, the likest first."""
    scores = sorted(
        (-score, at, mate)
        for at, track in enumerate(tracks)
        for mate, view in enumerate(views)
        if (score := likeness(track, view)) >= SAME
    )
    pairs: dict[int, int] = {}
    for _, at, mate in scores:
        if at not in pairs and mate not in pairs.values():
            pairs[at] = mate
    return pairs


def _opened(view: View, frame: str, place: int, offset: int, *, is_alone: bool) -> Track:
    return Track(
        id=computed("track", view.meta.camera, frame, place),
        first=view,
        before=view,
        last=view,
        best=view,
        offset=offset,
        readings=(view.reading,),
        witnesses=_witnesses((), view, is_alone=is_alone),
    )


def _witnesses(kept: tuple[FrameMeta, ...], view: View, *, is_alone: bool) -> tuple[FrameMeta, ...]:
    return (*kept, view.meta) if is_alone and len(kept) < WITNESSES else kept
