"""The contracts on the wire: what a camera read, a passage, and what the rules make of them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from anpr.ids import read_id
from anpr.own_json import quick_reader
from anpr.plates import normalise
from anpr.time import Moment

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


def normalised(plate: Any) -> Any:
    """Normalise a plate on its way in; what is no text is left to the validation."""
    return normalise(plate) if isinstance(plate, str) else plate


def _is_normal(plate: str) -> bool:
    return normalise(plate) == plate


class Wire(BaseModel):
    """A frozen value that travels as JSON; fields it does not know are ignored.

    What is wrong with one is told without its values: such an error may end in a log.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a value from its JSON, quickly if we wrote it. Raises ValidationError."""
        made = quick_reader(cls)(data)
        return cls.model_validate_json(data) if made is None else made

    @staticmethod
    def is_normal(_: Mapping[str, Any]) -> bool:
        """Say whether fields of the right types are already as reading would leave them."""
        return True

    @classmethod
    def trusted(cls, fields: dict[str, Any]) -> Self:
        """Make a value of all its fields, valid as they stand and in the order of their contract.

        For what our own code computes many thousand times a second: checking takes most of that.
        """
        made = cls.__new__(cls)
        fill = object.__setattr__
        fill(made, "__dict__", fields)
        fill(made, "__pydantic_fields_set__", cls._all())
        fill(made, "__pydantic_extra__", None)
        fill(made, "__pydantic_private__", None)
        return made

    def compact(self) -> Self:
        """Let go of the note which fields were given, for a value that is long remembered.

        Pydantic makes a set of them for every value, which takes more than all that it says.
        """
        object.__setattr__(self, "__pydantic_fields_set__", self._all())
        return self

    @classmethod
    @cache
    def _all(cls) -> set[str]:
        return {*cls.model_fields}

    def to_json(self) -> bytes:
        """Write the value as one line of JSON; the same value always gives the same bytes."""
        return self.__pydantic_serializer__.to_json(self)  # what `model_dump_json` makes text of


class TimeSource(StrEnum):
    """Whose clock a time comes from. A time of receipt never makes a speed verdict."""

    CAMERA = "camera"
    RECEIPT = "receipt"


class Direction(StrEnum):
    """How the vehicle moves in the view; receding reverses the camera's in and out."""

    APPROACHING = "approaching"
    RECEDING = "receding"
    UNKNOWN = "unknown"


class VehicleClass(StrEnum):
    """What kind of vehicle a sensor or a camera says it is."""

    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    MOTORCYCLE = "motorcycle"
    TRAILER = "trailer"
    MOPED = "moped"
    TRACTOR = "tractor"
    OTHER = "other"


class Source(StrEnum):
    """Where a read comes from: our own OCR, our own format, or a vendor's."""

    OCR = "ocr"
    NATIVE = "native"
    HIKVISION = "hikvision"
    DAHUA = "dahua"
    AXIS = "axis"
    PLATERECOGNIZER = "platerecognizer"
    OPENALPR = "openalpr"


class Vehicle(Wire):
    """What is known of the vehicle beside its plate."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    class_: VehicleClass | None = Field(default=None, alias="class")
    confidence: Probability | None = None
    height_m: Annotated[float, Field(gt=0, le=10)] | None = None
    length_m: Annotated[float, Field(gt=0, le=60)] | None = None
    colour: Name | None = None
    make: Name | None = None


class Position(Wire):
    """Where a mobile unit was (WGS 84, degrees)."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class Alternative(Wire):
    """Another text the plate might be."""

    plate: Annotated[str, BeforeValidator(normalised), Field(min_length=1, max_length=16)]
    confidence: Probability

    @staticmethod
    def is_normal(fields: Mapping[str, Any]) -> bool:
        """Say whether the plate is in its form on the wire."""
        return _is_normal(fields["plate"])


class Images(Wire):
    """References (`sha256:HEX`) into the image store."""

    crop: str | None = None
    overview: str | None = None


class PlateRead(Wire):
    """What a camera or our OCR says it saw at one moment.

    `plate` null means that a vehicle was seen and its plate could not be read. `confidence`
    absent means unknown. `box` is [x, y, width, height] in pixels.
    """

    camera: Name
    captured_at: Moment
    plate: Annotated[str, Field(max_length=16)] | None
    track: Annotated[str, Field(max_length=200)] | None = None
    received_at: Moment | None = None
    time_source: TimeSource = TimeSource.CAMERA
    raw: Annotated[str, Field(max_length=100)] | None = None
    country: Country | None = None
    confidence: Probability | None = None
    characters: Annotated[tuple[Probability, ...], Field(max_length=32)] = ()
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=20)] = ()
    box: tuple[Number, Number, NonNegative, NonNegative] | None = None
    lane: Annotated[int, Field(ge=0, le=99)] | None = None
    direction: Direction = Direction.UNKNOWN
    speed_kmh: Annotated[float, Field(ge=0, le=500)] | None = None
    vehicle: Vehicle | None = None
    position: Position | None = None
    images: Images | None = None
    source: Source = Source.NATIVE
    late: bool = False
    clock_error_ms: NonNegative | None = None
    id: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        default_factory=lambda data: read_id(
            data["camera"], data["captured_at"], data["plate"], data["box"]
        )
    )

    @staticmethod
    def is_normal(fields: Mapping[str, Any]) -> bool:
        """Say whether the plate is in its form on the wire."""
        return fields["plate"] is None or _is_normal(fields["plate"])

    @model_validator(mode="before")
    @classmethod
    def _normalise_plate(cls, data: Any) -> Any:
        """Normalise the plate, keep its original text as `raw`; a placeholder word becomes null."""
        if not isinstance(data, dict):
            return data
        if "id" in data and data["id"] is None:
            data = {key: value for key, value in data.items() if key != "id"}
        if isinstance(text := data.get("plate"), str) and (plate := normalise(text)) != text:
            data = {**data, "plate": plate, "raw": data.get("raw") or text[:100]}
        return data


class Passage(Wire):
    """One vehicle past one camera once: its reads merged, the best of them in front."""

    id: str
    revision: Annotated[int, Field(ge=1)]
    withdrawn: bool = False
    camera: Name
    at: Moment
    first_at: Moment
    last_at: Moment
    received_at: Moment
    late: bool = False
    plate: str | None
    country: Country | None = None
    confidence: Probability | None = None
    characters: tuple[Probability, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    reads: tuple[str, ...]
    vehicle: Vehicle | None = None
    lane: int | None = None
    direction: Direction = Direction.UNKNOWN
    speed_kmh: float | None = None
    position: Position | None = None
    images: Images | None = None
    source: Source = Source.NATIVE
    time_source: TimeSource = TimeSource.CAMERA
    clock_error_ms: NonNegative | None = None


class RuleRef(Wire):
    """Which rule judged: its id in the site file and the digest of its configuration."""

    id: str
    version: str


class EventBase(Wire):
    """What every event carries. `at` is the moment it happened; `passages` are its causes."""

    id: str
    revision: Annotated[int, Field(ge=0)]
    withdrawn: bool = False
    late: bool = False
    at: Moment
    rule: RuleRef
    passages: tuple[str, ...] = ()


class Match(StrEnum):
    """How a plate matches an entry; all but `exact` must be said to be unconfirmed."""

    EXACT = "exact"
    EQUIVALENT = "equivalent"
    WILDCARD = "wildcard"
    PROBABLE = "probable"


class Action(StrEnum):
    """What a patrol is asked to do on a hit."""

    STOP = "stop"
    OBSERVE = "observe"
    DISCREET = "discreet"
    INFORM = "inform"


class Hit(EventBase):
    """A passage of a listed plate.

    `stale`: the list was too old to ask for a stop, so that `action` says less than the entry.
    `list_updated_at`: when the version came that it was judged by; null where that is not known.
    """

    kind: Literal["hit"] = "hit"
    list: Name
    list_version: int
    entry: str
    entry_plate: str
    plate: str
    camera: Name
    match: Match
    likelihood: Probability
    priority: int
    reason_code: str
    action: Action
    stale: bool = False
    list_updated_at: Moment | None = None
    direction: Direction = Direction.UNKNOWN


class SectionVerdict(StrEnum):
    """What a section transit comes to."""

    OK = "ok"
    VIOLATION = "violation"
    CANCELLED = "cancelled"


class CaseClass(StrEnum):
    """Which procedure the law opens (never a fine: an officer decides)."""

    NONE = "none"
    GAS5 = "gas5"
    IMMEDIATE_COLLECTION = "immediate_collection"
    COURT = "court"


class ErrorBudget(Wire):
    """What may be off in a section's speed, and by how much.

    `lower_kmh` is 3.6·(length - length error)/(travel + both clock errors), rounded down to two
    decimals; `formula` says it with its numbers.
    """

    length_m: float
    length_error_m: float
    travel_s: float
    entry_clock_ms: float
    exit_clock_ms: float
    formula: str


class Instrument(Wire):
    """The measuring instrument of a section: serial number, model approval, verification."""

    device: str
    approval: str
    verified_from: date | None = None
    verified_until: date


class LimitSource(StrEnum):
    """Who says the limit: the site's own, its calendar, or what a sign displayed."""

    SITE = "site"
    CALENDAR = "calendar"
    SIGN = "sign"


class SectionTransit(EventBase):
    """A vehicle's average speed between the two ends of a section.

    Of a violation: `amount_eur` is what the law fixes (null: it fixes none), `conditions` what an
    officer must still establish, `otherwise` the procedure if one of them fails, `consequences`
    what may follow beside the amount, `sources` the law it was judged by. `limit_version` is the
    version of the displayed limit that counted, 0 where none did.
    """

    kind: Literal["section_transit"] = "section_transit"
    section: Name
    plate: str
    duration_s: float
    measured_kmh: float
    lower_kmh: float
    corrected_kmh: int
    limit_kmh: int
    verdict: SectionVerdict
    reason: str
    case_class: CaseClass
    entry_camera: str | None = None
    exit_camera: str | None = None
    error_budget: ErrorBudget | None = None
    instrument: Instrument | None = None
    limit_source: LimitSource = LimitSource.SITE
    limit_version: int = 0
    amount_eur: int | None = None
    otherwise: CaseClass = CaseClass.NONE
    conditions: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class LockVerdict(StrEnum):
    """What a truck lock transit comes to."""

    THROUGH = "through"
    LOCAL = "local"
    EXEMPT = "exempt"
    REVIEW = "review"
    CANCELLED = "cancelled"


class LockTransit(EventBase):
    """A vehicle that entered and left a truck lock.

    `within_s` is the time within which this way through counts as through traffic. Of an exempt
    one `permit` is the entry's id, in that version of `permit_list`.
    """

    kind: Literal["lock_transit"] = "lock_transit"
    lock: Name
    entry_camera: Name
    exit_camera: Name
    plate: str
    duration_s: float
    verdict: LockVerdict
    reason: str
    within_s: float | None = None
    permit: str | None = None
    permit_list: str | None = None
    permit_version: int = 0


class Decision(StrEnum):
    """What a permit zone's gate decides."""

    ALLOW = "allow"
    DENY = "deny"
    FLAG = "flag"


class Access(EventBase):
    """A passage at the gate of a permit zone. `permit` is the entry's id where one allowed it."""

    kind: Literal["access"] = "access"
    zone: Name
    gate: Name
    plate: str
    decision: Decision
    reason: str
    permit: str | None = None


class CloneSuspect(EventBase):
    """One plate at two places between which no vehicle could have driven."""

    kind: Literal["clone_suspect"] = "clone_suspect"
    plate: str
    cameras: tuple[str, str]
    implied_kmh: float


class CameraStatus(StrEnum):
    """How a camera is doing."""

    UP = "up"
    DOWN = "down"
    CLOCK_OFF = "clock_off"
    DEGRADED = "degraded"


class CameraState(EventBase):
    """A change in a camera's health, since when and why."""

    kind: Literal["camera_state"] = "camera_state"
    camera: Name
    state: CameraStatus
    since: Moment
    reason: str


RuleEvent = Hit | SectionTransit | LockTransit | Access | CloneSuspect
"""What the rules make of passages."""

Event = Annotated[RuleEvent | CameraState, Field(discriminator="kind")]

_EVENT: TypeAdapter[RuleEvent | CameraState] = TypeAdapter(
    Event, config=ConfigDict(hide_input_in_errors=True)
)


def parse_event(data: bytes | str) -> RuleEvent | CameraState:
    """Read an event from its JSON. Raises pydantic's ValidationError."""
    return _EVENT.validate_json(data)
