"""When a track is worth a word, and the read it becomes: few reads a vehicle, none too early.

A track is withheld until it is sure or over. It is named again when its plate changes, once when
the vehicle lingers (so that its passage tells how long it stood in view), and at its end when the
end knows materially more: a surer plate, a much closer view, other words of the sensors.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from anpr.events import Alternative, Direction, Images, PlateRead, Source
from anpr.frames import FrameMeta
from ocr.ports import Box
from ocr.sensors import facts
from ocr.syntax import country, informed, weighed
from ocr.track import Said, Track

SURE = 0.9
SEEN = 2
"""A track this sure, in this many frames, need not wait for its end; what hides a part of its plate
in all of them must travel along."""
FLOOR = 0.5
"""A track that ends below this is no plate, or none that can be read."""
RISE = 0.05
CLOSER = 1.5
"""By how much confidence or the plate's width must have grown to be worth another read."""
LINGERS = timedelta(seconds=5)
TURNED = 1.2
"""By how much a plate must grow or shrink to tell where its vehicle goes."""


def due(track: Track, home: str, *, is_over: bool) -> Said | None:
    """Say what is to be said of a track now, in a zone of `home`; None while nothing is."""
    said = track.said
    now = _now(track, home)
    if said is None:
        is_ready = now.confidence >= SURE and track.seen >= SEEN
        return now if is_ready or (is_over and now.confidence >= FLOOR) else None
    if now.reading.plate != said.reading.plate:
        is_better = now.confidence >= SURE or (is_over and now.confidence > said.confidence)
        return now if is_better else None
    if not said.has_lingered and track.last.at - said.view.at > LINGERS:
        return replace(said, view=track.last, has_lingered=True)
    if is_over and _knows_more(now, said):
        return replace(now, confidence=max(now.confidence, said.confidence))
    return None


def _now(track: Track, home: str) -> Said:
    fused = track.fused
    likely = informed(fused, home)
    has_lingered = track.said is not None and track.said.has_lingered
    known = facts(track.witnesses)
    if known.direction is Direction.UNKNOWN:
        known = replace(known, direction=_direction(track))
    confidence = weighed(likely, home, is_followed=track.seen >= SEEN)
    return Said(likely, fused.plate, confidence, track.best, known, has_lingered)


def _knows_more(now: Said, said: Said) -> bool:
    is_surer = now.confidence - said.confidence >= RISE
    is_closer = now.view.box.w >= CLOSER * said.view.box.w
    return is_surer or is_closer or now.facts != said.facts


def _direction(track: Track) -> Direction:
    """Tell from the size of the plate whether the vehicle comes or goes."""
    growth = track.last.box.w / track.first.box.w
    if growth >= TURNED:
        return Direction.APPROACHING
    return Direction.RECEDING if growth <= 1 / TURNED else Direction.UNKNOWN


def read_of(said: Said, track: str, images: Images, home: str) -> PlateRead:
    """Make the read: where and when of the view that proves it, the plate of all views."""
    reading, known = said.reading, said.facts
    return PlateRead(
        **_where(said.view.meta),
        track=track,
        plate=reading.plate,
        raw=said.raw,
        country=country(reading, home),
        confidence=round(said.confidence, 4),
        characters=tuple(round(one, 4) for one in reading.characters),
        alternatives=tuple(
            Alternative(plate=text, confidence=round(share, 4))
            for text, share in reading.alternatives
        ),
        box=pixels(said.view.box),
        vehicle=known.vehicle,
        lane=known.lane,
        direction=known.direction,
        speed_kmh=known.speed_kmh,
        images=images,
    )


def unread(meta: FrameMeta, track: str, overview: str) -> PlateRead:
    """Make the read of a triggered frame whose vehicle shows no plate that can be read."""
    return PlateRead(
        **_where(meta),
        track=track,
        plate=None,
        vehicle=meta.vehicle,
        lane=meta.lane,
        direction=meta.direction,
        speed_kmh=meta.speed_kmh,
        images=Images(overview=overview),
    )


def pixels(box: Box) -> tuple[float, float, float, float]:
    """Write a box as the contracts do: x, y, width, height, to a tenth of a pixel."""
    return round(box.x, 1), round(box.y, 1), round(box.w, 1), round(box.h, 1)


def _where(meta: FrameMeta) -> dict[str, Any]:
    return {
        "camera": meta.camera,
        "captured_at": meta.captured_at,
        "received_at": meta.received_at,
        "time_source": meta.time_source,
        "clock_error_ms": meta.clock_error_ms,
        "late": meta.late,
        "source": Source.OCR,
    }
