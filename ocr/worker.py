"""The OCR stage: frames in, reads out, as a fold over the frames of one partition.

Each camera's frames are one stream; what came late is a stream of its own, so that a buffer sent
after an outage does not cut the live vehicles in two.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from prometheus_client import Counter

from anpr.errors import ImageError, UnreadableMessageError
from anpr.events import Images, PlateRead
from anpr.frames import FrameMeta
from anpr.ids import computed
from anpr.ports import ImageStore, Message, Output, Record, dead_letter
from anpr.sites import Site
from anpr.topics import READS
from ocr.announce import due, read_of, unread
from ocr.frame_reader import FrameReader
from ocr.image import decode, encode
from ocr.reader import CREDIBLE, Reader
from ocr.sensors import facts
from ocr.stream import Presence, Stream
from ocr.syntax import informed, weighed
from ocr.track import Said, Track, View, step
from ocr.vehicle import VehicleClassifier

SPARED = Counter("anpr_ocr_frames_spared", "Frames left unread to catch up", ["camera"])
READ = Counter("anpr_ocr_reads", "Reads made", ["camera"])

QUIET = timedelta(seconds=2)
"""A camera silent for longer while others go on: what it saw last is told, since it may be over."""
GONE = timedelta(seconds=15)
"""Silent for longer, it is over. Until then the vehicle may go on: the line was only slow."""


class OcrWorker:
    """Reads the frames of one partition; a `Worker`.

    `is_behind` says of the time a frame was appended whether it has waited too long; then frames
    that add nothing are left unread. `classifier` is asked where no sensor names a vehicle's class.
    """

    def __init__(
        self,
        site: Site,
        reader: Reader,
        images: ImageStore,
        is_behind: Callable[[datetime], bool] = lambda _: False,
        classifier: VehicleClassifier | None = None,
    ) -> None:
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._frames = FrameReader(site, reader)
        self._home = reader.home
        self._images = images
        self._is_behind = is_behind
        self._classifier = classifier
        self._streams: dict[tuple[str, bool], Stream] = {}

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Read frames in order; give the reads they complete, and dead letters of bad ones."""
        outputs: list[Output] = []
        self._frames.forget()
        is_behind = bool(messages) and self._is_behind(messages[0].appended_at)
        spare = self._frames.spare(messages) if is_behind else frozenset()
        for message in messages:
            if message.offset in spare:
                SPARED.labels(message.record.key).inc()
                continue
            try:
                outputs += self._frame(message)
            except (ImageError, UnreadableMessageError) as error:
                outputs.append(dead_letter(message, str(error)))
        return outputs

    def idle(self) -> Sequence[Output]:
        """Tell every open track; it stays open, in case its camera was only cut off."""
        return [output for key in self._streams for output in self._tell(key)]

    def needed_from(self) -> int | None:
        """Tell the offset from which the open tracks can be folded again."""
        needed = [stream.needed_from() for stream in self._streams.values()]
        return min((offset for offset in needed if offset is not None), default=None)

    def note(self) -> str:
        """Nothing else is to be remembered."""
        return ""

    def _frame(self, message: Message) -> list[Output]:
        meta = FrameMeta.of(message.record)
        camera = self._cameras.get(meta.camera)
        if camera is None:
            msg = f"no camera {meta.camera!r} in the site file; add it, then resend the frame"
            raise UnreadableMessageError(msg)
        key = self._key(meta)
        stream = self._streams.get(key, Stream())
        if meta.id == stream.last_frame:
            return []
        views = self._frames.look(message, meta)
        outputs = self._tell_quiet(key, meta.captured_at, message.appended_at)
        self._streams[key] = replace(stream, heard=message.appended_at, last_frame=meta.id)
        if camera.triggered:
            return [*outputs, self._triggered(meta, views, message.record.value)]
        return [*outputs, *self._fold(key, message, meta, views)]

    def _key(self, meta: FrameMeta) -> tuple[str, bool]:
        """Choose the stream of a frame: its own kind's, or the one whose vehicle goes on in it.

        Where the buffer of an outage is sent, its frames cease to be late in the midst of one.
        """
        own, other = (meta.camera, meta.late), (meta.camera, not meta.late)
        is_with_other = other in self._streams and self._streams[other].goes_on(meta.captured_at)
        is_with_own = own in self._streams and self._streams[own].goes_on(meta.captured_at)
        return other if is_with_other and not is_with_own else own

    def _fold(
        self, key: tuple[str, bool], message: Message, meta: FrameMeta, views: Sequence[View]
    ) -> list[Output]:
        stream = self._streams[key]
        seen = step(stream.tracks, meta, message.offset, views)
        outputs = self._end(seen.ended)
        presence = stream.presence
        if presence and outputs:
            presence = replace(presence, is_told=True)
        if presence and not presence.goes_on(meta.captured_at):
            outputs += self._unread(presence)
            presence = None
        if views or meta.vehicle:
            presence = presence or Presence(message.offset, meta.captured_at)
            presence = presence.with_frame(meta, message.record.value)
        tracks = []
        for track in seen.open:
            said = self._due(track, is_over=False) if track in seen.touched else None
            if said:
                outputs.append(self._say(said, track.id))
                presence = replace(presence, is_told=True) if presence else None
            tracks.append(replace(track, said=said) if said else track)
        if len(stream.tracks) == len(seen.ended):
            stream = replace(stream, since=message.offset, busy_from=meta.captured_at)
        self._streams[key] = replace(stream, tracks=tuple(tracks), presence=presence)
        return outputs

    def _unread(self, presence: Presence) -> list[Output]:
        """Make the read of a vehicle that was sensed and never read; none of any other."""
        of = presence.sensed
        if of is None or presence.is_told:
            return []
        track = computed("unread", of.camera, of.id)
        return [_output(unread(of, track, self._images.put(presence.jpeg)))]

    def _triggered(self, meta: FrameMeta, views: Sequence[View], jpeg: bytes) -> Output:
        """Make the one read of a frame that shows one vehicle, by what triggered it."""
        track = computed("track", meta.camera, meta.id)
        # The vehicle at the trigger is the nearest one: its plate is the larger of two clear ones.
        best = max(
            views,
            key=lambda one: weighed(one.reading, self._home) ** 2 * one.box.w,
            default=None,
        )
        if best is not None:
            likely = informed(best.reading, self._home)
            if (confidence := weighed(likely, self._home)) >= CREDIBLE:
                said = Said(likely, best.reading.plate, confidence, best, facts([meta]))
                return self._say(said, track)
        return _output(unread(meta, track, self._images.put(jpeg)))

    def _tell_quiet(
        self, key: tuple[str, bool], captured_at: datetime, appended_at: datetime
    ) -> list[Output]:
        """Tell the tracks of other streams that fell silent; drop those silent for long."""
        outputs: list[Output] = []
        for one, stream in self._streams.items():
            silence = stream.silence(captured_at, appended_at)
            if one == key or silence <= QUIET:
                continue
            outputs += self._tell(one)
            if silence > GONE:
                self._streams[one] = replace(self._streams[one], tracks=(), presence=None)
        return outputs

    def _tell(self, key: tuple[str, bool]) -> list[Output]:
        """Say of a stream's tracks what would be said at their end, and keep them."""
        outputs: list[Output] = []
        told: list[Track] = []
        for track in self._streams[key].tracks:
            said = self._due(track, is_over=True)
            if said:
                outputs.append(self._say(said, track.id))
            told.append(replace(track, said=said) if said else track)
        stream = self._streams[key]
        presence = stream.presence
        if presence:
            outputs += [] if outputs else self._unread(presence)
            presence = replace(presence, is_told=presence.is_told or bool(outputs))
        self._streams[key] = replace(stream, tracks=tuple(told), presence=presence)
        return outputs

    def _end(self, tracks: Sequence[Track]) -> list[Output]:
        last_words = ((self._due(track, is_over=True), track.id) for track in tracks)
        return [self._say(said, track) for said, track in last_words if said]

    def _due(self, track: Track, *, is_over: bool) -> Said | None:
        return due(track, self._home, is_over=is_over)

    def _say(self, said: Said, track: str) -> Output:
        """Keep the pictures of the view that proves it, and make the read."""
        view, said = said.view, self._classified(said)
        crop = self._images.put(encode(view.crop))
        images = Images(crop=crop, overview=self._images.put(view.jpeg))
        return _output(read_of(said, track, images, self._home))

    def _classified(self, said: Said) -> Said:
        """Ask the operator's network for the class of a vehicle that no sensor named."""
        known = said.facts.vehicle
        if self._classifier is None or (known and known.class_):
            return said
        found = self._classifier.classify(decode(said.view.jpeg), said.view.box)
        if found is None:
            return said
        merged = (known or found).model_copy(
            update={"class_": found.class_, "confidence": found.confidence}
        )
        return replace(said, facts=replace(said.facts, vehicle=merged))


def _output(read: PlateRead) -> Output:
    READ.labels(read.camera).inc()
    return Output(READS, Record(read.camera, read.to_json()))
