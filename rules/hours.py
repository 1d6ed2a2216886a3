"""Days and hours of the site file, against holiday calendars, in local time."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anpr.sites import EVERY_DAY, Hours

ONE_DAY = timedelta(days=1)


class Span(BaseModel):
    """The days of a holiday, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Annotated[date, Field(alias="from")]
    to: date


class _Written(BaseModel):
    """A calendar as its file writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    known: Span
    days: tuple[date, ...] = ()
    spans: tuple[Span, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for span in (self.known, *self.spans):
            if span.to < span.from_:
                msg = f"{self.name}: {span.to} is before {span.from_}; swap them"
                raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays of one kind, and the days of which it is known whether they are one."""

    name: str
    known_from: date
    known_to: date
    days: frozenset[date]

    def is_holiday(self, day: date) -> bool | None:
        """Say whether a day is a holiday; None where the calendar does not reach."""
        if not self.known_from <= day <= self.known_to:
            return None
        return day in self.days


def parse_calendars(text: str) -> Mapping[str, Calendar]:
    """Read `[[calendars]]` by name. Raises pydantic's ValidationError."""
    written = [_Written.model_validate(table) for table in tomllib.loads(text)["calendars"]]
    return {
        one.name: Calendar(
            one.name,
            one.known.from_,
            one.known.to,
            frozenset({*one.days, *(day for span in one.spans for day in _days(span))}),
        )
        for one in written
    }


def holds(hours: Hours, calendar: Calendar | None, local: datetime) -> bool | None:
    """Say whether the hours hold at a local moment (aware, in the site's time zone).

    None where they would hold but for a holiday, and the calendar does not reach that day.
    Hours over midnight belong to the day on which they start.
    """
    day = _start_day(hours, local)
    if day is None or EVERY_DAY[day.weekday()] not in hours.days:
        return False
    if calendar is None:
        return True
    is_holiday = calendar.is_holiday(day)
    return None if is_holiday is None else not is_holiday


def switches(hours: Hours, start: datetime, end: datetime) -> Sequence[datetime]:
    """Give the local moments after `start`, up to and with `end`, at which the hours may switch.

    Both are local. An hour that the clock shows twice switches twice, and where the clock is
    changed any hours may begin or end.
    """
    days = (end.date() - start.date()).days + 1
    moments = (
        datetime.combine(start.date() + ONE_DAY * number, hour, start.tzinfo).replace(fold=again)
        for number in range(days)
        for hour in (hours.from_, hours.to)
        for again in (0, 1)
    )
    # In UTC moments really compare (in one zone Python compares clock faces), and a clock face
    # that is left out that night becomes the one that the clock showed instead.
    since, until = start.astimezone(UTC), end.astimezone(UTC)
    shown = [
        moment.astimezone(start.tzinfo)
        for moment in (moment.astimezone(UTC) for moment in moments)
        if since < moment <= until
    ]
    return shown if start.utcoffset() == end.utcoffset() else [*shown, _clock_change(start, end)]


def _clock_change(start: datetime, end: datetime) -> datetime:
    """Find the first moment of the time of year that holds at the end, by halving."""
    before, after = start.astimezone(UTC), end.astimezone(UTC)
    while after - before > timedelta.resolution:
        middle = before + (after - before) / 2
        if middle.astimezone(start.tzinfo).utcoffset() == start.utcoffset():
            before = middle
        else:
            after = middle
    return after.astimezone(start.tzinfo)


def _start_day(hours: Hours, local: datetime) -> date | None:
    """Give the day on which the hours that hold at a moment started; None where none hold."""
    clock = local.time()
    runs_over_midnight = hours.to <= hours.from_
    if clock >= hours.from_ and (runs_over_midnight or clock < hours.to):
        return local.date()
    if runs_over_midnight and clock < hours.to:
        return local.date() - ONE_DAY
    return None


def _days(span: Span) -> Sequence[date]:
    return [span.from_ + ONE_DAY * number for number in range((span.to - span.from_).days + 1)]
