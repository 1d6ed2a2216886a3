"""What a gantry's sensors say in headers of a frame: taken when it makes sense, else left out.

The time of a frame is strict, its sensors are not: an odd word must not cost a frame.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel, ValidationError

from anpr.events import VehicleClass
from anpr.frames import FrameMeta


class FrameHeaders(BaseModel):
    """The headers of a pushed frame, as written."""

    x_captured_at: Annotated[
        str | None,
        Header(
            description="When the picture was taken: RFC 3339 with an offset. "
            "Without it the time of receipt holds, which never makes a speed verdict.",
            examples=["2026-01-31T08:00:00.123+01:00"],
        ),
    ] = None
    x_vehicle_class: Annotated[
        str | None, Header(description="One of: " + ", ".join(VehicleClass), examples=["truck"])
    ] = None
    x_vehicle_height_m: Annotated[
        str | None, Header(description="Height in metres, up to 10", examples=["3.85"])
    ] = None
    x_lane: Annotated[str | None, Header(description="Lane, 0 to 99", examples=["1"])] = None
    x_direction: Annotated[
        str | None,
        Header(description="approaching, receding or unknown", examples=["approaching"]),
    ] = None
    x_speed_kmh: Annotated[
        str | None, Header(description="Speed in km/h, up to 500", examples=["47.5"])
    ] = None


PLACES: Mapping[str, tuple[str, ...]] = {
    "x_vehicle_class": ("vehicle", "class"),
    "x_vehicle_height_m": ("vehicle", "height_m"),
    "x_lane": ("lane",),
    "x_direction": ("direction",),
    "x_speed_kmh": ("speed_kmh",),
}
"""Where in a frame's metadata each sensor's value goes."""


def with_sensors(known: Mapping[str, Any], headers: FrameHeaders) -> tuple[FrameMeta, list[str]]:
    """Make a frame's metadata of what is known and what its sensors say.

    Gives beside it the names of the headers that made no sense and were left out.
    """
    written = {
        name: text.strip().lower()
        for name in PLACES
        if (text := getattr(headers, name)) and text.strip()
    }
    try:
        return FrameMeta.model_validate({**known, **_placed(written)}), []
    except ValidationError as error:
        wrong = {problem["loc"] for problem in error.errors()}
        odd = [name for name in written if PLACES[name] in wrong]
    kept = {name: text for name, text in written.items() if name not in odd}
    meta = FrameMeta.model_validate({**known, **_placed(kept)})
    return meta, [name.replace("_", "-") for name in odd]


def _placed(written: Mapping[str, str]) -> dict[str, Any]:
    """Lay sensor values out as FrameMeta has them."""
    tree: dict[str, Any] = {}
    for name, text in written.items():
        *outer, last = PLACES[name]
        branch = tree.setdefault(outer[0], {}) if outer else tree
        branch[last] = text
    return tree
