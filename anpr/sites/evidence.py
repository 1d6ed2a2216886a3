"""What a report says of a place, and what an evidence package is made with."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from anpr.sites.values import Part, Url

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


class EvidenceSettings(Part):
    """`[evidence]`: how packages are signed and sealed, and in which language reports speak."""

    key: (
        Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|pkcs11:.+)$")] | None
    ) = None
    """where the key that signs is kept: env:NAME, file:PATH or pkcs11:...; without it, in the data
    folder"""
    pin: Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")] | None = None
    """where the PIN of a PKCS #11 device is kept: env:NAME or file:PATH"""
    holder: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58}$")] | None = None
    """whom the original pictures are sealed for (an age recipient, age1...)"""
    time_authority: Url | None = None
    """the address of a time authority (RFC 3161), such as https://tsa.example/tsr"""
    language: Literal["nl", "fr", "en"] = "nl"
    """the language of reports: nl, fr or en"""
