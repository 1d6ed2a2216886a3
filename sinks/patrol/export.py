"""The lists that a patrol takes along: signed by the zone, sealed for one unit, good for hours.

It holds what a stop needs and no more: no case, no notes, nothing discreet, nothing that only other
roles may see. Sealed with age (X25519); the signature inside is Ed25519.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, ValidationError

from anpr.errors import AnprError
from anpr.events import Action, Country, Match, Wire
from anpr.lists import Entry, Found, Lists, PlateList
from anpr.sites import ListSettings, Site
from anpr.time import Moment
from sinks.store.clearance import Clearance
from sinks.store.rights import Role

LONGEST = timedelta(hours=24)
"""No export holds longer, whatever it says of itself."""

CLOCKS = timedelta(minutes=5)
"""How far the clock of a unit may be behind the zone's."""


class PatrolError(AnprError):
    """The export cannot be made or used. The message says why, and what to do."""


class Carried(Wire):
    """What a stop needs of an entry."""

    pattern: str
    country: Country | None = None
    match_mode: Match = Match.EXACT
    priority: int
    reason_code: str
    action: Action
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class CarriedList(Wire):
    """One list as it was at the export; `stale`: too old by then to ask for a stop."""

    name: str
    updated_at: Moment | None
    stale: bool
    entries: tuple[Carried, ...]


class Export(Wire):
    """What is sealed."""

    site: str
    issued_at: Moment
    expires_at: Moment
    lists: tuple[CarriedList, ...]

    def refuse_unless_held(self, now: datetime) -> None:
        """Refuse what does not hold, or no longer. Raises PatrolError."""
        ends = min(self.expires_at, self.issued_at + LONGEST)
        if not self.issued_at - CLOCKS <= now < ends:
            span = f"{self.issued_at:%d/%m %H:%M} to {ends:%d/%m %H:%M} UTC"
            raise PatrolError(f"it held from {span}; export the lists again")


class Search:
    """Finds plates in an export, for as long as it holds."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._lists = [(one, _plate_list(one)) for one in export.lists]

    def find(
        self, plate: str, country: str | None, now: datetime
    ) -> Iterator[tuple[CarriedList, Found]]:
        """Find the entries that a plate matches, each with its list. Raises PatrolError."""
        self._export.refuse_unless_held(now)
        for carried, held in self._lists:
            for found in held.find(plate, country, now):
                yield carried, found


class _Signed(Wire):
    algorithm: Literal["ed25519"] = "ed25519"
    export: Annotated[str, Field(max_length=200_000_000)]
    signature: str


def collect(
    lists: Lists, site: Site, names: Sequence[str], now: datetime, life: timedelta
) -> Export:
    """Gather what a patrol may know of some lists. Raises PatrolError."""
    if not timedelta(0) < life <= LONGEST:
        raise PatrolError("an export holds for 24 hours at most; give --hours from 1 to 24")
    clearance = Clearance(frozenset({Role.PATROL}), site.lists)
    for name in names:
        if not lists.is_loaded(name) or name in site.permit_lists or not clearance.covers(name):
            raise PatrolError(f"{name!r} is no hotlist that patrols may know; name another")
    carried = tuple(
        _carried(lists.at(name, now), site.lists.get(name, ListSettings()), now, now + life)
        for name in names
    )
    return Export(site=site.site.name, issued_at=now, expires_at=now + life, lists=carried)


def seal(export: Export, signing_key: str, recipient: str) -> bytes:
    """Sign an export and seal it for a unit. Raises PatrolError for a key that is none."""
    body = export.to_json()
    try:
        signature = Ed25519PrivateKey.from_private_bytes(b64decode(signing_key)).sign(body)
        unit = pyrage.x25519.Recipient.from_str(recipient)
    except (ValueError, pyrage.RecipientError) as error:
        msg = "a key has not the right form; make keys with `anpr patrol keys`"
        raise PatrolError(msg) from error
    signed = _Signed(export=b64encode(body).decode(), signature=b64encode(signature).decode())
    return pyrage.encrypt(signed.to_json(), [unit])


def unseal(sealed: bytes, unit_key: str, zone_key: str, now: datetime) -> Export:
    """Open what was sealed for a unit, if the zone signed it and it still holds.

    Raises PatrolError.
    """
    try:
        identity = pyrage.x25519.Identity.from_str(unit_key)
        public = Ed25519PublicKey.from_public_bytes(b64decode(zone_key))
    except (ValueError, pyrage.IdentityError) as error:
        msg = "a key has not the right form; give those that `anpr patrol keys` made"
        raise PatrolError(msg) from error
    try:
        signed = _Signed.model_validate_json(pyrage.decrypt(sealed, [identity]))
        body = b64decode(signed.export)
        public.verify(b64decode(signed.signature), body)
        export = Export.model_validate_json(body)
    except (pyrage.DecryptError, InvalidSignature, ValidationError, ValueError) as error:
        msg = "it is not whole, not for this unit, or not signed by this zone; export it again"
        raise PatrolError(msg) from error
    export.refuse_unless_held(now)
    return export


def new_unit_key() -> tuple[str, str]:
    """Make the keys of a unit: the secret one, and the one that exports are sealed for."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def new_zone_key() -> tuple[str, str]:
    """Make the keys of a zone: the one that signs, and the one that units check with."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    return b64encode(key.private_bytes_raw()).decode(), b64encode(public).decode()


def _carried(
    held: PlateList, settings: ListSettings, since: datetime, until: datetime
) -> CarriedList:
    stale_h = settings.stale_after_h
    updated = held.holds_from
    is_stale = bool(stale_h and updated and since - updated > timedelta(hours=stale_h))
    entries = tuple(
        Carried(
            pattern=one.plate_pattern,
            country=one.country,
            match_mode=one.match_mode,
            priority=one.priority,
            reason_code=one.reason_code,
            action=Action.OBSERVE if is_stale and one.action is Action.STOP else one.action,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for one in held.entries
        if one.action is not Action.DISCREET
        and (one.valid_from is None or one.valid_from < until)
        and (one.valid_to is None or one.valid_to > since)
    )
    return CarriedList(name=held.name, updated_at=updated, stale=is_stale, entries=entries)


def _plate_list(carried: CarriedList) -> PlateList:
    entries = [
        Entry(
            id=str(number),
            plate_pattern=one.pattern,
            country=one.country,
            match_mode=one.match_mode,
            priority=one.priority,
            reason_code=one.reason_code,
            action=one.action,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for number, one in enumerate(carried.entries)
    ]
    return PlateList(carried.name, 1, carried.updated_at, entries)
