"""The dated tables of law that ship with the product; the one place that reads them."""

from functools import cache
from importlib import resources

from rules.admission import parse_admissions
from rules.fines import parse_fines
from rules.hours import parse_calendars
from rules.law import Law
from rules.margins import parse_margins


@cache
def shipped_law() -> Law:
    """Read the tables that ship with the product."""
    fines = parse_fines(_text("fines_be.toml"))
    return Law(
        margins=parse_margins(_text("margins.toml")),
        fines={fines.country: fines},
        calendars=parse_calendars(_text("holidays.toml")),
        admissions=parse_admissions(_text("admissions.toml")),
    )


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")
