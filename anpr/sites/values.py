"""The small values that a site file is made of, and the frozen part that holds them."""

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Ids = tuple[Id, ...]
SomeIds = Annotated[tuple[Id, ...], Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Metres = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Kmh = Annotated[int, Field(ge=5, le=200)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = Annotated[tuple[Day, ...], Field(min_length=1)]
SecretRef = Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]

RoleName = Literal[
    "operator", "dispatcher", "patrol", "investigator", "traffic_officer", "statistics", "dpo",
    "admin",
]  # fmt: skip
"""The roles that people have."""

EVERY_DAY: Days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

KNOWN_HOLIDAYS = ("belgian-public", "flemish-schools")
"""The holiday calendars that a limit or a lock may name."""


def _local(value: time) -> time:
    if value.tzinfo is not None:
        msg = "the hour has an offset; write the local hour alone, such as '08:00'"
        raise ValueError(msg)
    return value


LocalTime = Annotated[time, AfterValidator(_local)]
"""An hour of the day in the site's time zone."""


def area(polygon: tuple[tuple[float, float], ...]) -> float:
    """Measure a polygon by the shoelace formula, as a share of the view."""
    following = (*polygon[1:], polygon[0])
    pairs = zip(polygon, following, strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def _open(polygon: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if not area(polygon):
        msg = "the corners enclose nothing; write them around a part of the view, in order"
        raise ValueError(msg)
    return polygon


Polygon = Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3), AfterValidator(_open)]
"""A part of a camera's view: its corners in order, [0, 0] top left, [1, 1] bottom right."""


def _rising(widths: tuple[float, float]) -> tuple[float, float]:
    if widths[0] >= widths[1]:
        msg = "the first is not below the second; write the least width, then the greatest"
        raise ValueError(msg)
    return widths


Widths = Annotated[
    tuple[Annotated[float, Field(ge=10, le=5000)], Annotated[float, Field(ge=10, le=5000)]],
    AfterValidator(_rising),
]
"""The least and the greatest width of a camera's plates, in pixels."""


class Part(BaseModel):
    """A frozen part of the site; a key it does not know is an error.

    The line under a field says what to write there: it becomes the remedy of an error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
