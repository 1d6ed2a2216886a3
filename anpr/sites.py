"""The site file: cameras, sections, locks and zones as one frozen tree.

`read_site` validates everything at once: each problem names its key and what to write.
"""

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Ids = tuple[Id, ...]
SomeIds = Annotated[tuple[Id, ...], Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Metres = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Kmh = Annotated[int, Field(ge=5, le=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = tuple[Day, ...]
SecretRef = Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
EVERY_DAY: Days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Part(BaseModel):
    """A frozen part of the site; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteSettings(Part):
    """`[site]`: what holds for the whole zone."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    timezone: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    lateness_s: Seconds = 3600
    stall_s: Seconds = 21600

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError) as error:
            msg = f"no time zone {value!r} is known; write one such as 'Europe/Brussels'"
            raise ValueError(msg) from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of calendars and of bare dates."""
        return ZoneInfo(self.timezone)


class Box(Part):
    """A rectangle of the image, in pixels."""

    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(gt=0)]
    h: Annotated[int, Field(gt=0)]


class Camera(Part):
    """`[[cameras]]`: one camera, where it stands and how far it is trusted."""

    id: Id
    name: str = ""
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    direction: Literal["in", "out", "through"] = "through"
    clock_error_ms: Annotated[float, Field(ge=0, le=60_000)] = 20
    token: SecretRef | None = None
    triggered: bool = False
    merge_s: Seconds = 10
    late_after_s: Seconds = 60
    silent_after_s: Seconds = 3600
    heartbeat_s: Seconds = 60

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.id


class Certificate(Part):
    """The approval of a section's measuring device."""

    device: Annotated[str, Field(min_length=1)]
    approval: Annotated[str, Field(min_length=1)]
    verified_until: date


class Hours(Part):
    """Days and hours, in the site's time zone; `to` before `from` runs over midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    days: Days = EVERY_DAY
    from_: Annotated[time, Field(alias="from")] = time(0, 0)
    to: time = time(0, 0)
    except_holidays: str | None = None


class Limit(Hours):
    """`[[sections.limits]]`: another limit on some days and hours."""

    limit_kmh: Kmh


class Section(Part):
    """`[[sections]]`: average-speed control between two ends."""

    id: Id
    entry: SomeIds
    exit: SomeIds
    length_m: Metres
    length_error_m: Annotated[float, Field(ge=0)] = 1.0
    limit_kmh: Kmh
    min_confidence: Share = 0.9
    max_travel_s: Seconds = 1800
    max_plausible_kmh: Annotated[float, Field(gt=0)] = 300
    built_up: bool = False
    locally_financed: bool = False
    certificate: Certificate | None = None
    limits: tuple[Limit, ...] = ()

    @model_validator(mode="after")
    def _survey_is_usable(self) -> Self:
        if self.length_error_m >= self.length_m:
            msg = "length_error_m is not smaller than length_m; survey the section again"
            raise ValueError(msg)
        return self


class Lock(Hours):
    """`[[locks]]`: a truck lock (vrachtwagensluis)."""

    id: Id
    entries: SomeIds
    exits: SomeIds
    inside: Ids = ()
    through_within_s: Seconds
    max_stay_s: Seconds = 43_200
    pairs: Mapping[str, Seconds] = Field(default_factory=dict)
    review_max_per_day: Annotated[int, Field(ge=1)] = 200
    classes: tuple[
        Literal[
            "car", "van", "truck", "bus", "motorcycle", "trailer", "moped", "tractor", "other"
        ],
        ...,
    ] = ("truck",)
    class_confidence: Share = 0.8
    min_height_m: Metres = 3.0
    permits: Id | None = None


class Zone(Part):
    """`[[zones]]`: a permit zone with its gates."""

    id: Id
    gates: SomeIds
    permits: SomeIds
    action: Literal["open", "flag"]
    actuator: Url | None = None
    secret: SecretRef | None = None
    fail: Literal["open", "closed"] = "open"


class When(Part):
    """What an alert route asks of an event; what is absent is not asked."""

    kind: Literal["hit", "section_transit", "lock_transit", "access", "clone_suspect", "camera_state"]
    priority_min: int | None = None
    lists: Ids | None = None
    cameras: Ids | None = None
    verdicts: tuple[str, ...] | None = None


class AlertRoute(Part):
    """`[[alerts]]`: which events go to which channels."""

    when: When
    channels: SomeIds
    repeat_after_s: Annotated[float, Field(ge=0)] = 600


class Channel(Part):
    """`[channels.NAME]`: a way out. `console` needs no entry."""

    type: Literal["webhook"]
    url: Url
    secret: SecretRef


class Retention(Part):
    """`[retention]`: whole days; above the legal maximum (12 months, WPA 44/11/3decies) is refused."""

    passages_days: Annotated[int, Field(ge=1, le=365)] = 365
    images_days: Annotated[int, Field(ge=1, le=365)] = 30
    cleared_days: Annotated[int, Field(ge=1, le=365)] = 14
    hits_days: Annotated[int, Field(ge=1, le=365)] = 365
    visits_days: Annotated[int, Field(ge=1, le=365)] = 30
    cases_days: Annotated[int, Field(ge=1, le=3650)] = 365
    dead_letters_days: Annotated[int, Field(ge=1, le=30)] = 7
    audit_days: Annotated[int, Field(ge=365, le=36500)] = 3650
    statistics_days: Annotated[int, Field(ge=1, le=36500)] = 3650


class Site(Part):
    """A whole zone."""

    site: SiteSettings
    cameras: Annotated[tuple[Camera, ...], Field(min_length=1)]
    sections: tuple[Section, ...] = ()
    locks: tuple[Lock, ...] = ()
    zones: tuple[Zone, ...] = ()
    alerts: tuple[AlertRoute, ...] = ()
    channels: Mapping[str, Channel] = Field(default_factory=dict)
    retention: Retention = Retention()

    def camera(self, camera: str) -> Camera | None:
        """Give a camera by its id."""
        return next((one for one in self.cameras if one.id == camera), None)

    @property
    def permit_lists(self) -> frozenset[str]:
        """The lists that say who may pass; they give no hits."""
        locks = {lock.permits for lock in self.locks if lock.permits}
        return frozenset(locks | {name for zone in self.zones for name in zone.permits})


def site_from(tree: Mapping[str, Any]) -> Site:
    """Build a site from a parsed tree without cross-checks. Raises pydantic's ValidationError."""
    return Site.model_validate(tree)
