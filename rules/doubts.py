"""What keeps a pair of sightings from proving a speed."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum

from anpr.events import Direction, Passage, TimeSource, VehicleClass
from anpr.sites import Section
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
    section: Section, pair: Pair, speed: Speed, days: tuple[date, date]
) -> SectionReason | None:
    """Give the first reason to cancel a transit; None if it stands.

    `days` are the local days of its entry and its exit.
    """
    return (
        _of_reading(section, pair)
        or _of_pairing(pair)
        or _of_vehicle(section, pair)
        or _of_measurement(section, pair, speed, days)
    )


def _of_reading(section: Section, pair: Pair) -> SectionReason | None:
    """Doubt which plate was where, and when."""
    entry, leaving = pair.entry.best, pair.exit.best
    if entry.plate != leaving.plate:
        return SectionReason.LOOK_ALIKE
    if entry.time_source is TimeSource.RECEIPT or leaving.time_source is TimeSource.RECEIPT:
        return SectionReason.RECEIPT_TIME
    if is_clock_off(entry) or is_clock_off(leaving):
        return SectionReason.CLOCK_OFF
    if entry.confidence is None or leaving.confidence is None:
        return SectionReason.UNKNOWN_CONFIDENCE
    if min(entry.confidence, leaving.confidence) < section.min_confidence:
        return SectionReason.LOW_CONFIDENCE
    return None


def _of_pairing(pair: Pair) -> SectionReason | None:
    """Doubt which sighting belongs to which."""
    if pair.other_entry is not None:
        return SectionReason.AMBIGUOUS_ENTRY
    if pair.other_exit is not None:
        return SectionReason.AMBIGUOUS_EXIT
    return SectionReason.TWO_CANDIDATES if pair.rival is not None else None


def _of_vehicle(section: Section, pair: Pair) -> SectionReason | None:
    """Doubt whether one vehicle drove from the one end to the other."""
    seen = (*pair.entry.passages, *pair.exit.passages)
    for one in seen:
        if _goes_wrong(section, one):
            return SectionReason.WRONG_DIRECTION
    if countries_differ(seen):
        return SectionReason.CONTRADICTING_COUNTRY
    if _classes_differ(section, seen):
        return SectionReason.CONTRADICTING_CLASS
    return None


def _of_measurement(
    section: Section, pair: Pair, speed: Speed, days: tuple[date, date]
) -> SectionReason | None:
    """Doubt the speed itself, or the instrument's right to measure it."""
    if pair.entry.in_view > SLOW_IN_VIEW or pair.exit.in_view > SLOW_IN_VIEW:
        return SectionReason.SLOW_IN_VIEW
    if speed.is_above(section.max_plausible_kmh):
        return SectionReason.IMPLAUSIBLE_SPEED
    certificate = section.certificate
    if certificate is None:
        return None
    if certificate.verified_from is not None and days[0] < certificate.verified_from:
        return SectionReason.CERTIFICATE_NOT_YET
    return SectionReason.CERTIFICATE_EXPIRED if certificate.verified_until < days[1] else None


def _goes_wrong(section: Section, passage: Passage) -> bool:
    """Say whether a vehicle is known to have driven against the section's direction."""
    is_seen_from_behind = passage.camera in section.seen_from_behind
    wrong = Direction.APPROACHING if is_seen_from_behind else Direction.RECEDING
    return passage.direction is wrong


def _classes_differ(section: Section, passages: Sequence[Passage]) -> bool:
    """Say whether what is surely known of the vehicles' classes contradicts itself.

    A class without a confidence is a sensor's statement; `other` contradicts nothing.
    """
    sure = {
        vehicle.class_
        for passage in passages
        if (vehicle := passage.vehicle) is not None
        and vehicle.class_ is not None
        and (vehicle.confidence is None or vehicle.confidence >= section.class_confidence)
    }
    return len(sure) > 1 and len(sure - {VehicleClass.OTHER}) > 1
