"""What keeps a pair of sightings from proving a speed."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from anpr.events import TimeSource
from anpr.sites import Section
from rules.pairs import Pair
from rules.speed import Speed

SLOW_IN_VIEW = timedelta(seconds=5)
"""A vehicle in view for longer has no one moment at which it passed."""


class SectionReason(StrEnum):
    """Why a transit got its verdict. All but the first two cancel it."""

    WITHIN_LIMIT = "within_limit"
    ABOVE_LIMIT = "above_limit"
    LOOK_ALIKE = "look_alike"
    RECEIPT_TIME = "receipt_time"
    UNKNOWN_CONFIDENCE = "unknown_confidence"
    LOW_CONFIDENCE = "low_confidence"
    AMBIGUOUS_ENTRY = "ambiguous_entry"
    AMBIGUOUS_EXIT = "ambiguous_exit"
    SLOW_IN_VIEW = "slow_in_view"
    IMPLAUSIBLE_SPEED = "implausible_speed"
    CERTIFICATE_EXPIRED = "certificate_expired"


def doubt(section: Section, pair: Pair, speed: Speed, day: date) -> SectionReason | None:
    """Give the first reason to cancel a transit that ended on a local day; None if it stands."""
    return next((reason for reason, holds in _doubts(section, pair, speed, day) if holds), None)


def _doubts(
    section: Section, pair: Pair, speed: Speed, day: date
) -> Iterator[tuple[SectionReason, bool]]:
    ends = (pair.entry.best, pair.exit.best)
    by_receipt = any(passage.time_source is TimeSource.RECEIPT for passage in ends)
    known = [passage.confidence for passage in ends if passage.confidence is not None]
    in_view = max(pair.entry.in_view, pair.exit.in_view)
    certificate = section.certificate
    has_expired = certificate is not None and certificate.verified_until < day
    yield SectionReason.LOOK_ALIKE, ends[0].plate != ends[1].plate
    yield SectionReason.RECEIPT_TIME, by_receipt
    yield SectionReason.UNKNOWN_CONFIDENCE, len(known) < len(ends)
    yield SectionReason.LOW_CONFIDENCE, min(known, default=0) < section.min_confidence
    yield SectionReason.AMBIGUOUS_ENTRY, pair.other_entry is not None
    yield SectionReason.AMBIGUOUS_EXIT, pair.other_exit is not None
    yield SectionReason.SLOW_IN_VIEW, in_view > SLOW_IN_VIEW
    yield SectionReason.IMPLAUSIBLE_SPEED, speed.is_above(section.max_plausible_kmh)
    yield SectionReason.CERTIFICATE_EXPIRED, has_expired
