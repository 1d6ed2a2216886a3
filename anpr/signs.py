"""Displayed limits: what the dynamic signs of a section showed, and from when on."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from anpr.events import Name, Wire
from anpr.time import Moment, rfc3339

KEY = "limit/"
"""How the keys of displayed limits begin on `controls`."""


class DisplayedLimit(Wire):
    """What travels on `controls`: the limit that a section's signs display from a moment on.

    Null: they are dark, so the site's own limits hold. Whoever says it again for the same moment
    corrects it.
    """

    section: Name
    holds_from: Moment
    limit_kmh: Annotated[int, Field(ge=5, le=200)] | None

    @property
    def key(self) -> str:
        """Name it on the log: compaction keeps the newest message of each moment."""
        return f"{KEY}{self.section}/{rfc3339(self.holds_from)}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A displayed limit from a moment until the next; its version says where the log has it."""

    version: int
    holds_from: datetime
    limit_kmh: int | None


class Signs:
    """Every displayed limit, by section and time."""

    def __init__(self, limits: Iterable[tuple[int, DisplayedLimit]] = ()) -> None:
        self._shown: dict[str, list[Shown]] = {}
        for version, limit in limits:
            self.take(version, limit)

    def take(self, version: int, limit: DisplayedLimit) -> bool:
        """Take in a displayed limit; say whether it changes what was displayed at any moment."""
        shown = self._shown.setdefault(limit.section, [])
        new = Shown(version, limit.holds_from, limit.limit_kmh)
        place = bisect_right(shown, limit.holds_from, key=_holds_from)
        before = shown[place - 1] if place > 0 else None
        if before is not None and before.holds_from == new.holds_from:
            shown[place - 1] = new
        else:
            shown.insert(place, new)
        return before is None or before.limit_kmh != new.limit_kmh

    def over(self, section: str, start: datetime, end: datetime) -> Sequence[Shown]:
        """Give what was displayed at any moment from `start` to `end`, both included, by time.

        What was said again without a change in between is one display, the first.
        """
        shown = self._shown.get(section)
        if not shown:
            return ()
        first = max(0, bisect_right(shown, start, key=_holds_from) - 1)
        while first > 0 and shown[first - 1].limit_kmh == shown[first].limit_kmh:
            first -= 1
        found = shown[first : bisect_right(shown, end, key=_holds_from)]
        return [
            one
            for before, one in zip((None, *found), found, strict=False)
            if before is None or before.limit_kmh != one.limit_kmh
        ]

    def until(self, section: str, start: datetime) -> datetime | None:
        """Give when something else was displayed than at a moment; None: not yet."""
        held: int | None = None
        for one in self._shown.get(section, ()):
            if one.holds_from <= start:
                held = one.limit_kmh
            elif one.limit_kmh != held:
                return one.holds_from
        return None


def _holds_from(shown: Shown) -> datetime:
    return shown.holds_from
