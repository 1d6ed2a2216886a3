"""A camera's frames to the plates in view, and which may go unread when the line is behind."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from prometheus_client import Counter

from anpr.errors import ImageError, UnreadableMessageError
from anpr.frames import FrameMeta
from anpr.ports import Message
from anpr.sites import Site
from ocr.budget import spared
from ocr.gaze import Gaze
from ocr.image import decode
from ocr.ports import Image
from ocr.reader import SURE, PlateCandidate, Reader
from ocr.syntax import weighed
from ocr.track import View

FRAMES = Counter("anpr_ocr_frames", "Frames read", ["camera"])

AROUND = (0.15, 0.4)
"""By which shares of its width and height a plate is widened for the picture that people see."""


class FrameReader:
    """Reads frames, each where its camera's plates are; a batch's frames at most once."""

    def __init__(self, site: Site, reader: Reader) -> None:
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._gazes = {camera.id: Gaze.of(camera) for camera in site.cameras}
        self._reader = reader
        self._looked: dict[int, list[View]] = {}

    def forget(self) -> None:
        """Begin another batch."""
        self._looked.clear()

    def look(self, message: Message, meta: FrameMeta) -> list[View]:
        """Read the plates of a frame, once however often it is asked for in one batch."""
        if message.offset not in self._looked:
            jpeg = message.record.value
            image = decode(jpeg)
            found = self._reader.read_image(image, self._gazes[meta.camera])
            self._looked[message.offset] = [_view(meta, one, image, jpeg) for one in found]
            FRAMES.labels(meta.camera).inc()
        return self._looked[message.offset]

    def spare(self, messages: Sequence[Message]) -> frozenset[int]:
        """Choose the frames, by their offsets, that need not be read."""
        cameras: dict[str, list[tuple[Message, FrameMeta]]] = defaultdict(list)
        for message in messages:
            with suppress(UnreadableMessageError):
                meta = FrameMeta.of(message.record)
                camera = self._cameras.get(meta.camera)
                if camera is not None and not camera.triggered:
                    cameras[meta.camera].append((message, meta))
        return frozenset(
            frames[place][0].offset
            for frames in cameras.values()
            for place in spared(
                [meta.captured_at for _, meta in frames], partial(self._say_same, frames)
            )
        )

    def _say_same(
        self, frames: Sequence[tuple[Message, FrameMeta]], place: int, other: int
    ) -> bool:
        plates = [self._sure_plates(*frames[at]) for at in (place, other)]
        return bool(plates[0]) and plates[0] == plates[1]

    def _sure_plates(self, message: Message, meta: FrameMeta) -> list[str] | None:
        """List the plates of a frame; None unless each is sure."""
        try:
            views = self.look(message, meta)
        except ImageError:
            return None
        home = self._reader.home
        is_sure = all(weighed(one.reading, home) >= SURE for one in views)
        return sorted(one.reading.plate for one in views) if is_sure else None


def _view(meta: FrameMeta, found: PlateCandidate, image: Image, jpeg: bytes) -> View:
    # A copy: a slice would keep the whole picture in memory for as long as its track.
    crop = found.box.widened(*AROUND).cut(image).copy()
    return View(meta, found.box, found.seen, crop, jpeg)
