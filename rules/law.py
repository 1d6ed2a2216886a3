"""The dated tables of law that the rules judge by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.admission import Admission
from rules.fines import Fines
from rules.hours import Calendar
from rules.margins import Margins


@dataclass(frozen=True, slots=True)
class Law:
    """Margins and fines by country (ISO 3166 alpha-2), calendars and admission tables by name."""

    margins: Mapping[str, Margins]
    fines: Mapping[str, Fines]
    calendars: Mapping[str, Calendar]
    admissions: Mapping[str, Admission] = field(default_factory=dict)

    def calendar(self, name: str | None) -> Calendar | None:
        """Give the calendar of a name; None where there is no name. Raises KeyError."""
        return None if name is None else self.calendars[name]
