"""Local days of moments in UTC, for what comes in day after day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


class LocalDays:
    """Days of one time zone. The day asked for last is kept: within it a comparison answers."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._kept = (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), date.min)

    def of(self, moment: datetime) -> date:
        """Give the local day of a moment in UTC."""
        start, end, day = self._kept
        if start <= moment < end:
            return day
        day = moment.astimezone(self._zone).date()
        # Where a clock that is set back shows midnight twice, only what lies between both is kept.
        start = datetime.combine(day, time(fold=1), self._zone).astimezone(UTC)
        end = datetime.combine(day + ONE_DAY, time(), self._zone).astimezone(UTC)
        self._kept = (start, end, day)
        return day
