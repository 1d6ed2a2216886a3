"""A frame on its way from ingest to OCR: the image is the message's value, this its header."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, ValidationError

from anpr.errors import UnreadableMessageError
from anpr.events import Direction, Name, NonNegative, TimeSource, Vehicle, Wire
from anpr.ports import Record
from anpr.time import Moment

HEADER = "frame"


class FrameMeta(Wire):
    """What is known of a frame beside its pixels: where, when, and what gantry sensors said.

    `vehicle`, `lane`, `direction` and `speed_kmh` come from sensors and hold for one vehicle.
    """

    id: str
    camera: Name
    captured_at: Moment
    received_at: Moment
    time_source: TimeSource = TimeSource.CAMERA
    clock_error_ms: NonNegative | None = None
    late: bool = False
    lane: Annotated[int, Field(ge=0, le=99)] | None = None
    direction: Direction = Direction.UNKNOWN
    speed_kmh: Annotated[float, Field(ge=0, le=500)] | None = None
    vehicle: Vehicle | None = None

    def record(self, jpeg: bytes) -> Record:
        """Make the log record of this frame: keyed by camera, the JPEG as it came."""
        return Record(self.camera, jpeg, {HEADER: self.model_dump_json()})

    @classmethod
    def of(cls, record: Record) -> Self:
        """Read the header of a frame's record. Raises UnreadableMessageError."""
        try:
            return cls.model_validate_json(record.headers[HEADER])
        except KeyError as error:
            msg = f"no {HEADER!r} header; send frames through the ingest routes"
            raise UnreadableMessageError(msg) from error
        except ValidationError as error:
            msg = f"the {HEADER!r} header is not a frame's: {error.error_count()} error(s)"
            raise UnreadableMessageError(msg) from error

    def delay_s(self) -> float:
        """Seconds between the capture and the receipt."""
        return (self.received_at - self.captured_at).total_seconds()


def is_late(captured_at: datetime, received_at: datetime, late_after_s: float) -> bool:
    """Say whether a read or frame came too late for a live alarm."""
    return (received_at - captured_at).total_seconds() > late_after_s
