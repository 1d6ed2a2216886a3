"""Reads into passages: the reads of one vehicle past one camera, merged, the best in front."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from anpr.events import Direction, Images, Passage, PlateRead, Vehicle
from anpr.frames import is_late
from anpr.ids import passage_id
from anpr.plates import fold
from anpr.sites import Camera

MAX_SPAN = timedelta(seconds=60)
"""The longest a passage without a track can last."""

Group = tuple[str, str, str]


def group_of(read: PlateRead) -> Group:
    """Name the reads that may be of one vehicle: its camera, what binds them, and its value.

    A track binds its reads whatever their plates; without one the plate's fold does; an unread
    one without a track stands alone.
    """
    if read.track:
        return read.camera, "track", read.track
    if read.plate is None:
        return read.camera, "read", read.id
    return read.camera, "fold", fold(read.plate)


def passages(camera: Camera, reads: Sequence[PlateRead]) -> list[Passage]:
    """Merge the reads of one group, in order of arrival, into passages in order of time.

    A read that comes again (the same id) counts once. A track is one passage. Without a track a
    passage ends where the gap exceeds the camera's `merge_s` or the span exceeds `MAX_SPAN`.
    """
    if len(reads) == 1:
        return [_merged(camera, reads, reads[0])]
    arrivals: dict[str, int] = {}
    distinct: list[PlateRead] = []
    for read in reads:
        if read.id not in arrivals:
            arrivals[read.id] = len(arrivals)
            distinct.append(read)
    ordered = sorted(distinct, key=lambda read: (read.captured_at, read.id))
    runs = [ordered] if reads and reads[0].track else _runs(camera, ordered)
    return [_merged(camera, run, min(run, key=lambda read: arrivals[read.id])) for run in runs]


def _runs(camera: Camera, ordered: Sequence[PlateRead]) -> Iterator[list[PlateRead]]:
    """Cut reads in order of time where one passage ends and the next begins."""
    gap = timedelta(seconds=camera.merge_s)
    run: list[PlateRead] = []
    for read in ordered:
        if run and (
            read.captured_at - run[-1].captured_at > gap
            or read.captured_at - run[0].captured_at > MAX_SPAN
        ):
            yield run
            run = []
        run.append(read)
    if run:
        yield run


def _merged(camera: Camera, run: Sequence[PlateRead], first_arrived: PlateRead) -> Passage:
    """Make the passage of a run of reads, which stand in order of time."""
    ranked = sorted(run, key=_rank) if len(run) > 1 else run
    best = ranked[0]
    lane, direction, speed_kmh = best.lane, best.direction, best.speed_kmh
    position, images = best.position, _images(best)
    received_at = _received(best)
    late = best.late or is_late(best.captured_at, received_at, camera.late_after_s)
    # What a read does not say, the next best does.
    for read in ranked[1:]:
        lane = read.lane if lane is None else lane
        direction = read.direction if direction is Direction.UNKNOWN else direction
        speed_kmh = read.speed_kmh if speed_kmh is None else speed_kmh
        position = position or read.position
        images = images or _images(read)
        received_at = min(received_at, _received(read))
        late = late and _is_late(camera, read)
    return Passage.trusted(
        {
            "id": passage_id(camera.id, first_arrived.id),
            "revision": len(run),
            "withdrawn": False,
            "camera": camera.id,
            "at": best.captured_at,
            "first_at": run[0].captured_at,
            "last_at": run[-1].captured_at,
            "received_at": received_at,
            "late": late,
            "plate": best.plate,
            "country": best.country,
            "confidence": best.confidence,
            "characters": best.characters,
            "alternatives": best.alternatives,
            "reads": tuple([read.id for read in run]),
            "vehicle": best.vehicle if len(run) == 1 else _vehicle(ranked),
            "lane": lane,
            "direction": direction,
            "speed_kmh": speed_kmh,
            "position": position,
            "images": images,
            "source": best.source,
            "time_source": best.time_source,
            "clock_error_ms": best.clock_error_ms,
        }
    )


def _rank(read: PlateRead) -> tuple[bool, float, datetime, str]:
    """Order reads from best to worst: a plate before none, then confidence, time and id."""
    confidence = -1.0 if read.confidence is None else read.confidence
    return read.plate is None, -confidence, read.captured_at, read.id


def _received(read: PlateRead) -> datetime:
    return read.received_at or read.captured_at


def _is_late(camera: Camera, read: PlateRead) -> bool:
    return read.late or is_late(read.captured_at, _received(read), camera.late_after_s)


def _images(read: PlateRead) -> Images | None:
    images = read.images
    return images if images and (images.crop or images.overview) else None


def _vehicle(ranked: Sequence[PlateRead]) -> Vehicle | None:
    """Put together what the reads know of the vehicle, the best read leading field by field."""
    known = [read.vehicle for read in ranked if read.vehicle is not None]
    if len(known) < 2:  # noqa: PLR2004 - one needs no putting together
        return known[0] if known else None
    classed = next((one for one in known if one.class_ is not None), None)
    return Vehicle(
        class_=classed.class_ if classed else None,
        confidence=classed.confidence if classed else None,
        height_m=next((one.height_m for one in known if one.height_m is not None), None),
        length_m=next((one.length_m for one in known if one.length_m is not None), None),
        colour=next((one.colour for one in known if one.colour is not None), None),
        make=next((one.make for one in known if one.make is not None), None),
    )
