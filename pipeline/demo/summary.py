"""What the demo found beside what was planned: as figures, as JSON, as a table."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil

from rapidfuzz.distance import Levenshtein
from rich.table import Table

from anpr.events import (
    Access,
    CameraState,
    Hit,
    LockTransit,
    Passage,
    RuleEvent,
    SectionTransit,
    SectionVerdict,
)
from pipeline.demo.receiver import Arrival
from pipeline.demo.traffic import Sighting
from pipeline.demo.truth import (
    ExpectedAccess,
    ExpectedHit,
    ExpectedLock,
    ExpectedTransit,
    Truth,
)

TOLERANCE = timedelta(seconds=1)
"""How far outside its planned view a passage may lie and still be that vehicle's."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the line made of the demo.

    `frames_taken` were taken by the cameras, `frames_acknowledged` answered with 202 and
    `frames_read` came out of OCR; `alerts` were raised, `dropped` counts dead letters and
    deliveries that failed for good.
    """

    started_at: datetime
    passages: Sequence[Passage]
    events: Sequence[RuleEvent | CameraState]
    arrivals: Sequence[Arrival]
    frames_taken: int
    frames_acknowledged: int
    frames_read: int
    alerts: int
    dropped: int
    bollard_openings: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The demo in figures. Found ones are planned and right; the unplanned are counted apart."""

    frames: int
    frames_lost: int
    passages: int
    passages_expected: int
    passages_spurious: int
    plate_accuracy: float
    unread_expected: int
    unread_found: int
    transits_expected: int
    transits_found: int
    violations_expected: int
    violations_found: int
    violations_unexpected: int
    lock_expected: int
    lock_found: int
    lock_unexpected: int
    hits_expected: int
    hits_found: int
    hits_unexpected: int
    access_expected: int
    access_found: int
    bollard_openings: int
    alerts: int
    alerts_received: int
    dropped: int
    alert_p50_s: float | None
    alert_p95_s: float | None

    def to_json(self) -> dict[str, int | float | None]:
        """Give the figures as one JSON object."""
        return asdict(self)

    @property
    def is_as_planned(self) -> bool:
        """Say whether every case was found, none invented, and nothing lost."""
        return (
            self.frames_lost == self.dropped == 0
            and self.violations_found == self.violations_expected
            and self.lock_found == self.lock_expected
            and self.hits_found == self.hits_expected
            and not (self.violations_unexpected or self.lock_unexpected or self.hits_unexpected)
        )


def summarise(truth: Truth, found: Found) -> Summary:
    """Compare what was found with the truth; withdrawn rows are to be left out by the caller."""
    pairing = _pair(truth, found)
    transits = [one for one in found.events if isinstance(one, SectionTransit)]
    speeding = [one for one in transits if one.verdict is SectionVerdict.VIOLATION]
    locks = [one for one in found.events if isinstance(one, LockTransit)]
    hits = [one for one in found.events if isinstance(one, Hit)]
    accesses = [one for one in found.events if isinstance(one, Access)]
    all_transits = _matched(truth.transits, map(_transit, transits))
    violations = _matched(truth.violations, map(_transit, speeding))
    lock = _matched(truth.locks, map(_lock, locks))
    hit = _matched(truth.hits, map(_hit, hits))
    access = _matched(truth.accesses, map(_access, accesses))
    delays = sorted(one.delay_s for one in found.arrivals if one.state == "open")
    return Summary(
        frames=found.frames_taken,
        frames_lost=max(0, found.frames_taken - min(found.frames_acknowledged, found.frames_read)),
        passages=len(found.passages),
        passages_expected=len(truth.readable) + len(truth.unread),
        passages_spurious=pairing.spurious,
        plate_accuracy=round(pairing.right / max(1, len(truth.readable)), 4),
        unread_expected=len(truth.unread),
        unread_found=pairing.unread,
        transits_expected=len(truth.transits),
        transits_found=all_transits,
        violations_expected=len(truth.violations),
        violations_found=violations,
        violations_unexpected=len(speeding) - violations,
        lock_expected=len(truth.locks),
        lock_found=lock,
        lock_unexpected=len(locks) - lock,
        hits_expected=len(truth.hits),
        hits_found=hit,
        hits_unexpected=len(hits) - hit,
        access_expected=len(truth.accesses),
        access_found=access,
        bollard_openings=found.bollard_openings,
        alerts=found.alerts,
        alerts_received=len(delays),
        dropped=found.dropped,
        alert_p50_s=percentile(delays, 0.50),
        alert_p95_s=percentile(delays, 0.95),
    )


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Give the smallest value that `share` of the ordered values do not exceed."""
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3) if ordered else None


def table(summary: Summary) -> Table:
    """Lay the summary out beside the truth, for people."""
    rows = Table(title="The demo beside its ground truth", title_justify="left")
    for heading, side in (("", "left"), ("planned", "right"), ("found", "right"), ("", "left")):
        rows.add_column(heading, justify="right" if side == "right" else "left")
    one = summary
    rows.add_row("frames", str(one.frames), str(one.frames - one.frames_lost), _lost(one))
    rows.add_row("passages", str(one.passages_expected), str(one.passages), "")
    rows.add_row("plates read right", "", f"{one.plate_accuracy:.1%}", "one passage each")
    rows.add_row("unread passages", *_beside(one.unread_expected, one.unread_found))
    rows.add_row("section transits", *_beside(one.transits_expected, one.transits_found))
    rows.add_row(
        "  violations",
        *_beside(one.violations_expected, one.violations_found, one.violations_unexpected),
    )
    rows.add_row("lock cases", *_beside(one.lock_expected, one.lock_found, one.lock_unexpected))
    rows.add_row("hits", *_beside(one.hits_expected, one.hits_found, one.hits_unexpected))
    rows.add_row("gate decisions", *_beside(one.access_expected, one.access_found))
    rows.add_row("alerts", "", str(one.alerts), f"{one.alerts_received} reached dispatch")
    rows.add_row("dropped", "0", str(one.dropped), "")
    rows.add_row("frame to alert", "", _seconds(one.alert_p50_s), "p50")
    rows.add_row("", "", _seconds(one.alert_p95_s), "p95")
    return rows


def _lost(summary: Summary) -> str:
    return f"{summary.frames_lost} lost" if summary.frames_lost else "none lost"


def _beside(expected: int, found: int, unexpected: int = 0) -> tuple[str, str, str]:
    said = "as planned" if expected == found and not unexpected else "[bold red]not as planned"
    return str(expected), str(found), said + (f", {unexpected} more" if unexpected else "")


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f} s"


def _matched(expected: Iterable[Hashable], found: Iterable[Hashable]) -> int:
    """Count what is expected and found, each as often as in both."""
    return (Counter(expected) & Counter(found)).total()


def _transit(one: SectionTransit) -> ExpectedTransit:
    return ExpectedTransit(one.plate, one.verdict)


def _lock(one: LockTransit) -> ExpectedLock:
    return ExpectedLock(one.plate, one.exit_camera, one.verdict)


def _hit(one: Hit) -> ExpectedHit:
    return ExpectedHit(one.list, one.plate, one.camera, one.match)


def _access(one: Access) -> ExpectedAccess:
    return ExpectedAccess(one.plate, one.gate, one.decision)


@dataclass(frozen=True, slots=True)
class _Pairing:
    """How many sightings have one passage with the right plate; passages that nobody made."""

    right: int
    unread: int
    spurious: int


def _pair(truth: Truth, found: Found) -> _Pairing:
    """Give each passage to the sighting at its camera and time whose plate is nearest."""
    sightings = (*truth.readable, *truth.unread)
    given: dict[int, list[Passage]] = {at: [] for at in range(len(sightings))}
    spurious = 0
    for passage in found.passages:
        near = [at for at, one in enumerate(sightings) if _is_there(one, passage, found.started_at)]
        if near:
            given[min(near, key=lambda at: _strangeness(sightings[at], passage))].append(passage)
        else:
            spurious += 1
    right = [
        at
        for at, passages in given.items()
        if len(passages) == 1 and passages[0].plate == sightings[at].vehicle.plate
    ]
    read = sum(at < len(truth.readable) for at in right)
    return _Pairing(read, len(right) - read, spurious)


def _is_there(sighting: Sighting, passage: Passage, started_at: datetime) -> bool:
    since = passage.at - started_at
    enters, leaves = timedelta(seconds=sighting.enters_s), timedelta(seconds=sighting.leaves_s)
    return sighting.camera == passage.camera and enters - TOLERANCE <= since <= leaves + TOLERANCE


def _strangeness(sighting: Sighting, passage: Passage) -> float:
    """Measure how little a passage's plate is the sighting's, 0 (identical) to 1."""
    return Levenshtein.normalized_distance(sighting.vehicle.plate or "", passage.plate or "")
