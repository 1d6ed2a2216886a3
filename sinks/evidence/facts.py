"""The facts of a case as they stand at one moment: all that a verdict rests on, in one value.

A case keeps them from its review on, so that what comes later changes no package. Nothing in them
depends on when or where they were gathered: the same store gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from typing import Annotated, Literal, TypeVar

from pydantic import Field, JsonValue, TypeAdapter
from sqlalchemy import Connection, select

from anpr.events import Access, Images, LockTransit, Passage, PlateRead, SectionTransit, Wire
from anpr.heartbeats import ClockReport
from anpr.sites import Location, Lock, Section, Site, Survey, Zone
from anpr.time import Moment, from_us
from sinks.evidence.kept import clock_log, configuration_of, reads_between
from sinks.store.casework import corrections_of
from sinks.store.questions import passages_by_id
from sinks.store.schema import said_before

CaseEvent = SectionTransit | LockTransit | Access
"""The events that can become a case."""

BESIDE = timedelta(seconds=2)
"""Vehicles read so shortly before or after a picture may stand in it."""

SOFTWARE = f"zone-anpr {version('zone-anpr')}"

P = TypeVar("P", Section, Lock, Zone)

_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)

Role = Literal["entry", "exit", "gate", "also_seen"]
"""What a passage is to its event; `also_seen`: at the same place by another camera, or inside."""


class PostFacts(Wire):
    """The camera of a passage as the site file has it; its token is not told."""

    id: str
    name: str
    lat: float
    lon: float
    clock_error_ms: float


class CorrectionFacts(Wire):
    """The plate that somebody read on the pictures of a passage; the reading itself stays."""

    plate: str
    account: str
    at: Moment
    note: str = ""


class PassageFacts(Wire):
    """One passage with everything that is known of how it was seen.

    `reads_lost` are the ids of reads that are not kept any more. `beside` are the reads of other
    vehicles at that camera within two seconds: their plates may stand in the pictures.
    """

    role: Role
    camera: PostFacts
    passage: Passage
    reads: tuple[PlateRead, ...] = ()
    reads_lost: tuple[str, ...] = ()
    beside: tuple[tuple[float, float, float, float], ...] = ()
    clock_log: tuple[ClockReport, ...] = ()
    corrections: tuple[CorrectionFacts, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Where the plate stands in the overview: in the read that the picture is of."""
        shown = self.passage.images.overview if self.passage.images else None
        of = [read for read in self.reads if read.images and read.images.overview == shown]
        return next((read.box for read in of if read.box is not None), None)

    @property
    def pictures(self) -> Images:
        """The references of its pictures."""
        return self.passage.images or Images()


class RuleFacts(Wire):
    """What judged: the rule's configuration, and the software that first ran that version.

    `as_judged` false: the configuration of that version is not kept, and the site file's of today
    stands in its place.
    """

    id: str
    version: str
    software: str
    as_judged: bool
    configuration: JsonValue


class CertificateFacts(Wire):
    """The instrument's certificate, and whether it held on the day."""

    device: str
    approval: str
    verified_from: date | None = None
    verified_until: date
    held_on_the_day: bool


class EarlierFacts(Wire):
    """What the event said until another verdict or reason took its place."""

    until: Moment
    event: JsonValue


class ReviewFacts(Wire):
    """What the officer found; the owner's identity is never held."""

    account: str
    at: Moment
    plate_seen: str
    outcome: str
    note: str = ""
    service_number: str | None = None
    pv_number: str | None = None
    registry: str | None = None
    """what the registry says of make and colour: agrees, differs or not_consulted"""
    without_pictures: str | None = None
    """why the case stands although a picture is missing"""


class Facts(Wire):
    """Everything that one case rests on."""

    format: Literal[1] = 1
    zone: str
    timezone: str
    country: str
    software: str = SOFTWARE
    event: Annotated[CaseEvent, Field(discriminator="kind")]
    passages: tuple[PassageFacts, ...]
    passages_lost: tuple[str, ...] = ()
    rule: RuleFacts
    location: Location = Location()
    certificate: CertificateFacts | None = None
    survey: Survey | None = None
    earlier: tuple[EarlierFacts, ...] = ()
    review: ReviewFacts | None = None

    @property
    def missing_pictures(self) -> Sequence[str]:
        """Name the pictures that a case must have and that no camera gave."""
        return [
            f"{one.role} {kind}"
            for one in self.passages
            if one.role != "also_seen"
            for kind in ("overview", "crop")
            if getattr(one.pictures, kind) is None
        ]

    def reviewed(self, review: ReviewFacts) -> "Facts":
        """Add what an officer found."""
        return self.model_copy(update={"review": review})


def gather(connection: Connection, site: Site, event: CaseEvent) -> Facts:
    """Gather the facts of a case from the store, as they stand now."""
    known = passages_by_id(connection, event.passages)
    part = _part(site, event)
    return Facts(
        zone=site.site.name,
        timezone=site.site.timezone,
        country=site.site.country,
        event=event,
        passages=tuple(
            _passage(connection, site, role, known[id_])
            for id_, role in _roles(event).items()
            if id_ in known
        ),
        passages_lost=tuple(id_ for id_ in event.passages if id_ not in known),
        rule=_rule(connection, event, part),
        location=(part and part.location) or Location(),
        certificate=_certificate(site, event),
        survey=part.survey if isinstance(part, Section) else None,
        earlier=_earlier(connection, event.id),
    )


def _roles(event: CaseEvent) -> Mapping[str, Role]:
    """Tell what each of the event's passages is to it, in the event's order."""
    first: tuple[Role, ...] = ("gate",) if isinstance(event, Access) else ("entry", "exit")
    roles: dict[str, Role] = dict.fromkeys(event.passages, "also_seen")
    roles.update(zip(event.passages, first, strict=False))
    return roles


def _passage(connection: Connection, site: Site, role: Role, passage: Passage) -> PassageFacts:
    post = site.camera(passage.camera)
    around = reads_between(
        connection, passage.camera, passage.first_at - BESIDE, passage.last_at + BESIDE
    )
    kept = {read.id for read in around}
    return PassageFacts(
        role=role,
        camera=PostFacts(id=passage.camera, name="", lat=0, lon=0, clock_error_ms=0)
        if post is None
        else PostFacts.model_validate(post.model_dump(include=set(PostFacts.model_fields))),
        passage=passage,
        reads=tuple(read for read in around if read.id in passage.reads),
        reads_lost=tuple(id_ for id_ in passage.reads if id_ not in kept),
        beside=tuple(
            read.box
            for read in around
            if read.box is not None and read.id not in passage.reads and read.plate != passage.plate
        ),
        clock_log=tuple(clock_log(connection, passage.camera, passage.at)),
        corrections=tuple(
            CorrectionFacts(plate=one.plate, account=one.account, at=one.at, note=one.note)
            for one in corrections_of(connection, passage.id)
        ),
    )


def _part(site: Site, event: CaseEvent) -> Section | Lock | Zone | None:
    """Find the section, lock or zone of the site file; None where it is gone."""
    match event:
        case SectionTransit():
            return _named(site.sections, event.section)
        case LockTransit():
            return _named(site.locks, event.lock)
        case Access():
            return _named(site.zones, event.zone)


def _named(parts: Sequence[P], id_: str) -> P | None:
    return next((one for one in parts if one.id == id_), None)


def _rule(
    connection: Connection, event: CaseEvent, part: Section | Lock | Zone | None
) -> RuleFacts:
    kept = configuration_of(connection, event.rule.id, event.rule.version)
    today = None if part is None else part.model_dump(mode="json", by_alias=True, exclude=SECRETS)
    return RuleFacts(
        id=event.rule.id,
        version=event.rule.version,
        software=kept[1] if kept else SOFTWARE,
        as_judged=kept is not None,
        configuration=_JSON.validate_json(kept[0]) if kept else today,
    )


SECRETS = {"sign_token", "secret", "actuator", "registry"}


def _certificate(site: Site, event: CaseEvent) -> CertificateFacts | None:
    """Give the certificate that the event was judged by; the day is the zone's own."""
    held = event.instrument if isinstance(event, SectionTransit) else None
    if held is None:
        return None
    day = event.at.astimezone(site.site.zone).date()
    since = held.verified_from or date.min
    return CertificateFacts(
        **held.model_dump(), held_on_the_day=since <= day <= held.verified_until
    )


def _earlier(connection: Connection, event: str) -> tuple[EarlierFacts, ...]:
    found = (
        select(said_before.c.until_us, said_before.c.body)
        .where(said_before.c.event_id == event)
        .order_by(said_before.c.revision)
    )
    return tuple(
        EarlierFacts(until=from_us(row.until_us), event=_JSON.validate_json(row.body))
        for row in connection.execute(found)
    )
