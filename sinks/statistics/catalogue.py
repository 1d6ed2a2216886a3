"""What figures there are to ask for, by name: for the verbs and for the API alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from anpr.events import Wire
from anpr.sites import Site
from sinks.analysis.figures import CaptureOut, DarkOut, find_captures, find_dark
from sinks.statistics.telling import (
    Balance,
    Compliance,
    Flow,
    Speeds,
    Through,
    TruckShare,
    find_balance,
    find_compliance,
    find_flows,
    find_speeds,
    find_through,
    find_truck_shares,
)
from sinks.store.questions import Period

Find = Callable[[Connection, Site, Period, datetime], Iterable[Wire]]
"""Finds the rows of a period, at a moment."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures that can be asked for: their name, what a row is, how rows are found, what for."""

    name: str
    row: type[Wire]
    find: Find
    about: str


FIGURES: Mapping[str, Figures] = {
    one.name: one
    for one in (
        Figures(
            "flows",
            Flow,
            lambda connection, _site, period, _now: find_flows(connection, period),
            "Count trips by where they came over the border and where they left, per hour.",
        ),
        Figures(
            "through",
            Through,
            lambda connection, _site, period, _now: find_through(connection, period),
            "Give the share of those who come in that only drive through, per hour.",
        ),
        Figures(
            "balance",
            Balance,
            lambda connection, site, period, _now: find_balance(connection, site, period),
            "Give how many came in over the border and how many left, per hour.",
        ),
        Figures(
            "speeds",
            Speeds,
            lambda connection, site, period, _now: find_speeds(
                connection, period, site.statistics.k
            ),
            "Give how fast vehicles were, per camera, section and hour.",
        ),
        Figures(
            "trucks",
            TruckShare,
            lambda connection, site, period, _now: find_truck_shares(
                connection, period, site.statistics.k
            ),
            "Give the share of trucks, per camera and hour.",
        ),
        Figures(
            "compliance",
            Compliance,
            lambda connection, site, period, _now: find_compliance(
                connection, period, site.statistics.k
            ),
            "Give the share of passages that a permit or low emission zone allows, per gate and"
            " hour.",
        ),
        Figures(
            "capture",
            CaptureOut,
            lambda connection, site, period, _now: find_captures(connection, site, period),
            "Estimate which share of the vehicles each gate of a line sees, and how sure that is.",
        ),
        Figures("dark", DarkOut, find_dark, "Tell when each camera saw nothing."),
    )
}
"""What can be asked for of a period alone, by name."""
