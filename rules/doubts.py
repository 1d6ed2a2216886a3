"""What keeps a pair of sightings from proving a speed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from anpr.events import Direction, Passage, TimeSource, VehicleClass
from anpr.sites import Camera, Section
from rules.contradictions import countries_differ, is_clock_off
from rules.pairs import Pair
from rules.speed import Speed

SLOW_IN_VIEW = timedelta(seconds=5)
"""A vehicle in view for longer has no one moment at which it passed."""


class SectionReason(StrEnum):
    """Why a transit got its verdict. All but the first three cancel it."""

    WITHIN_LIMIT = "within_limit"
    ABOVE_LIMIT = "above_limit"
    BELOW_PURSUIT = "below_pursuit"
    LOOK_ALIKE = "look_alike"
    RECEIPT_TIME = "receipt_time"
    CLOCK_OFF = "clock_off"
    UNKNOWN_CONFIDENCE = "unknown_confidence"
    LOW_CONFIDENCE = "low_confidence"
    AMBIGUOUS_ENTRY = "ambiguous_entry"
    AMBIGUOUS_EXIT = "ambiguous_exit"
    TWO_CANDIDATES = "two_candidates"
    WRONG_DIRECTION = "wrong_direction"
    CONTRADICTING_COUNTRY = "contradicting_country"
    CONTRADICTING_CLASS = "contradicting_class"
    SLOW_IN_VIEW = "slow_in_view"
    IMPLAUSIBLE_SPEED = "implausible_speed"
    CERTIFICATE_NOT_YET = "certificate_not_yet"
    CERTIFICATE_EXPIRED = "certificate_expired"


def doubt(
    section: Section,
    cameras: Mapping[str, Camera],
    pair: Pair,
    speed: Speed,
    days: tuple[date, date],
) -> SectionReason | None:
    """Give the first reason to cancel a transit; None if it stands.

    `days` are the local days of its entry and its exit.
    """
    found = _doubts(section, cameras, pair, speed, days)
    return next((reason for reason, holds in found if holds), None)


def _doubts(
    section: Section,
    cameras: Mapping[str, Camera],
    pair: Pair,
    speed: Speed,
    days: tuple[date, date],
) -> Iterator[tuple[SectionReason, bool]]:
    ends = (pair.entry.best, pair.exit.best)
    yield SectionReason.LOOK_ALIKE, ends[0].plate != ends[1].plate
    by_receipt = any(passage.time_source is TimeSource.RECEIPT for passage in ends)
    yield SectionReason.RECEIPT_TIME, by_receipt
    yield SectionReason.CLOCK_OFF, any(is_clock_off(one, cameras[one.camera]) for one in ends)
    known = [passage.confidence for passage in ends if passage.confidence is not None]
    yield SectionReason.UNKNOWN_CONFIDENCE, len(known) < len(ends)
    yield SectionReason.LOW_CONFIDENCE, min(known, default=0) < section.min_confidence
    yield SectionReason.AMBIGUOUS_ENTRY, pair.other_entry is not None
    yield SectionReason.AMBIGUOUS_EXIT, pair.other_exit is not None
    yield SectionReason.TWO_CANDIDATES, pair.rival is not None
    seen = (*pair.entry.passages, *pair.exit.passages)
    yield SectionReason.WRONG_DIRECTION, any(_goes_wrong(section, one) for one in seen)
    yield SectionReason.CONTRADICTING_COUNTRY, countries_differ(seen)
    yield SectionReason.CONTRADICTING_CLASS, _classes_differ(section, seen)
    in_view = max(pair.entry.in_view, pair.exit.in_view)
    yield SectionReason.SLOW_IN_VIEW, in_view > SLOW_IN_VIEW
    yield SectionReason.IMPLAUSIBLE_SPEED, speed.is_above(section.max_plausible_kmh)
    if (certificate := section.certificate) is not None:
        since = certificate.verified_from
        yield SectionReason.CERTIFICATE_NOT_YET, since is not None and days[0] < since
        yield SectionReason.CERTIFICATE_EXPIRED, certificate.verified_until < days[1]


def _goes_wrong(section: Section, passage: Passage) -> bool:
    """Say whether a vehicle is known to have driven against the section's direction."""
    is_seen_from_behind = passage.camera in section.seen_from_behind
    wrong = Direction.APPROACHING if is_seen_from_behind else Direction.RECEDING
    return passage.direction is wrong


def _classes_differ(section: Section, passages: Sequence[Passage]) -> bool:
    """Say whether what is surely known of the vehicles' classes contradicts itself.

    A class without a confidence is a sensor's statement; `other` contradicts nothing.
    """
    vehicles = [passage.vehicle for passage in passages if passage.vehicle is not None]
    sure = {
        one.class_
        for one in vehicles
        if one.class_ is not None
        and (one.confidence is None or one.confidence >= section.class_confidence)
    }
    return len(sure - {VehicleClass.OTHER}) > 1
