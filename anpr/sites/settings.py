"""What holds for the whole zone, and the cameras that watch it."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from anpr.sites.values import Id, Part, Polygon, Seconds, SecretRef, Url, Widths, area


class SiteSettings(Part):
    """`[site]`: what holds for the whole zone."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """the zone's name, such as 'Politiezone Rupel'"""
    timezone: str
    """the time zone of its calendars, such as 'Europe/Brussels'"""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """the two capitals of its country, such as 'BE'"""
    lateness_s: Seconds = 3600
    """how many seconds late a read may arrive and still complete a pair"""
    stall_s: Seconds = 21600
    """the longest stall of a stage, in seconds, that must cost nothing"""
    console_url: Url | None = None
    """where people reach the console, such as 'https://anpr.zone.example.be'"""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            msg = f"no time zone {value!r} is known; write one such as 'Europe/Brussels'"
            raise ValueError(msg) from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of calendars and of bare dates."""
        return ZoneInfo(self.timezone)


class Camera(Part):
    """`[[cameras]]`: one camera, where it stands and how far it is trusted."""

    id: Id
    """lower-case letters, digits, `.`, `_` or `-`; at most 64"""
    name: Annotated[str, Field(max_length=100)] = ""
    """what people call it"""
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    """its degrees north (WGS 84), such as 51.0901"""
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    """its degrees east (WGS 84), such as 4.3702"""
    direction: Literal["in", "out", "through"] = "through"
    """`in`, `out` or `through`: how its traffic crosses the municipality's border"""
    clock_error_ms: Annotated[float, Field(ge=0, le=60_000)] = 20
    """the guaranteed bound of its clock's error in milliseconds, at most 60000"""
    token: SecretRef | None = None
    """where its token is kept: env:NAME or file:PATH, never the token itself"""
    triggered: bool = False
    """true if one push is one vehicle"""
    region: Polygon | None = None
    """the corners of the part of its view where plates are read, such as [[0, 0.3], [1, 0.3],
    [1, 1], [0, 1]]; [0, 0] is top left, [1, 1] bottom right"""
    ignore: tuple[Polygon, ...] = ()
    """parts of its view where nothing is read, each a list of corners as in `region`"""
    plate_px: Widths | None = None
    """the least and the greatest width of its plates in pixels, such as [60, 220]"""
    merge_s: Seconds = 10
    """the seconds within which its reads of one plate are one passage"""
    late_after_s: Seconds = 60
    """the delay in seconds above which a read raises no live alarm"""
    silent_after_s: Seconds = 3600
    """the seconds of silence after which it counts as down"""
    heartbeat_s: Seconds = 60
    """the seconds between its heartbeats"""

    @property
    def region_share(self) -> float:
        """How much of its view is read, 0..1; masks are not taken off."""
        return area(self.region) if self.region else 1.0

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.id
