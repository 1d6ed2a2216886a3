"""What a report says of a place, and what an evidence package is made with."""

from datetime import date
from typing import Annotated

from pydantic import Field

from anpr.sites.values import Part

Line = Annotated[str, Field(min_length=1, max_length=200)]


class Location(Part):
    """Where a section, a lock or a zone is, as a report names it."""

    road: Line | None = None
    """the road, such as 'N177'"""
    km_point: Line | None = None
    """the kilometre point, such as '12.400'"""
    municipality: Line | None = None
    """the municipality, such as 'Boom'"""
    direction: Line | None = None
    """the direction of travel, such as 'Boom'"""
    legal_basis: Line | None = None
    """the rule that is enforced there, such as a council's decision and its date"""


class Survey(Part):
    """The survey of a section's length."""

    reference: Line
    """the number of the survey's report"""
    surveyor: Line
    """who surveyed it"""
    surveyed_on: date
    """the day it was surveyed, such as 2026-03-01"""
