"""What a report says of a place, and what an evidence package is made with."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.sites.values import Part, SecretRef, Url

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


CaseKind = Literal["section_transit", "lock_transit", "access"]


class Receiver(Part):
    """`[receivers.NAME]`: who gets the packages of accepted cases."""

    to: Annotated[str, Field(pattern=r"^(folder:/|sftp://[^\s/@]+@[^\s/]+/|https?://[^\s/]+)\S*$")]
    """where packages go: folder:/PATH, sftp://USER@HOST:PORT/FOLDER or https://ADDRESS"""
    secret: SecretRef | None = None
    """where the secret is kept that signs calls, or the password or private key of SFTP: env:NAME
    or file:PATH"""
    host_key: Annotated[str, Field(pattern=r"^\S+ \S+$")] | None = None
    """the public key of the SFTP server, such as 'ssh-ed25519 AAAA...'"""
    recipient: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58}$")] | None = None
    """whom packages are encrypted for (an age recipient, age1...); without it they are not"""
    cases: Annotated[tuple[CaseKind, ...], Field(min_length=1)] = (
        "section_transit",
        "lock_transit",
        "access",
    )
    """the kinds of cases that it gets, such as ['section_transit']"""

    @property
    def folder(self) -> Path | None:
        """The folder that it is; None where it is something else."""
        scheme, _, path = self.to.partition(":")
        return Path(path) if scheme == "folder" else None

    @model_validator(mode="after")
    def _is_known_by_its_key(self) -> Self:
        if self.to.startswith("sftp:") and (self.host_key is None or self.secret is None):
            msg = "an SFTP server is known by its host_key, and knows us by a secret; write both"
            raise ValueError(msg)
        return self
