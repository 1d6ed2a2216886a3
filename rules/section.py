"""Average-speed control: each exit with its latest entry, the provable speed, and a verdict.

A verdict is for an officer; whatever leaves room for the wrong vehicle or time is cancelled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache, partial
from zoneinfo import ZoneInfo

from anpr.events import (
    ErrorBudget,
    Instrument,
    Passage,
    RuleRef,
    SectionTransit,
    SectionVerdict,
)
from anpr.ids import event_id
from anpr.lists import Lists
from anpr.signs import Signs
from anpr.sites import Camera, Section, SiteSettings
from rules.days import LocalDays
from rules.doubts import SectionReason, doubt
from rules.fines import NO_PROCEDURE, Procedure
from rules.law import Law
from rules.limits import limit_held
from rules.margins import Margin, margin_on
from rules.pairs import Pair, pairs_of
from rules.rivals import with_rivals
from rules.rule import revision_of
from rules.sightings import End, Sighting, pairable
from rules.speed import MICROSECOND, Speed, whole_um, whole_us, written_s
from rules.version import rule_ref


@dataclass(frozen=True)
class SectionRule:
    """One section of a site. `cameras_by_id` has at least the cameras at its two ends."""

    section: Section
    settings: SiteSettings
    cameras_by_id: Mapping[str, Camera]
    law: Law

    @cached_property
    def id(self) -> str:
        """The rule's id."""
        return f"section/{self.section.id}"

    @property
    def reach(self) -> timedelta:
        """A transit, and before it the time in which another entry makes it ambiguous."""
        return 2 * self._max_travel

    @cached_property
    def cameras(self) -> frozenset[str]:
        """The cameras of both ends."""
        return self._entry.cameras | self._exit.cameras

    @cached_property
    def ref(self) -> RuleRef:
        """The rule with its version."""
        return rule_ref(self.id, self.configuration)

    @property
    def configuration(self) -> Mapping[str, object]:
        """The section, its clocks, and the law it is judged by; what is only told of it is not."""
        country = self.settings.country
        named = {limit.except_holidays for limit in self.section.limits if limit.except_holidays}
        cameras = [self.cameras_by_id[id_] for id_ in sorted(self.cameras)]
        told = {"sign_token", "location", "survey"}
        return {
            "section": self.section.model_dump(mode="json", by_alias=True, exclude=told),
            "site": [country, self.settings.timezone, self.settings.lateness_s],
            "cameras": [[one.id, one.clock_error_ms, one.merge_s] for one in cameras],
            "margins": self.law.margins[country],
            "fines": self.law.fines.get(country),
            "holidays": [self.law.calendars[name] for name in sorted(named)],
        }

    def judge(self, passages: Sequence[Passage], lists: Lists) -> list[SectionTransit]:
        """Give every transit, one for each exit that an entry explains."""
        seen = pairable(passages, self.cameras, self._lateness)
        exits = self._exit.sightings(seen)
        entries = self._entry.sightings(seen) if exits else {}
        if not entries:
            return []
        pairs = [
            pair for plate, left in exits.items() for pair in self._pairs(plate, entries, left)
        ]
        if len(entries) > 1 or len(exits) > 1:
            pairs = with_rivals(pairs, entries, exits, self._max_travel)
        return [self._transit(pair, lists.signs) for pair in pairs]

    def _pairs(
        self, plate: str, entries: Mapping[str, Sequence[Sighting]], exits: Sequence[Sighting]
    ) -> list[Pair]:
        """Pair exits with entries of the identical plate, the rest with those that look alike."""
        pairs = pairs_of(entries.get(plate, ()), exits, self._max_travel)
        if len(pairs) == len(exits):
            return pairs
        paired = {pair.exit.best.id for pair in pairs}
        alone = [sighting for sighting in exits if sighting.best.id not in paired]
        look_alikes = sorted(
            (one for text, seen in entries.items() if text != plate for one in seen),
            key=lambda sighting: (sighting.at, sighting.best.id),
        )
        return pairs + pairs_of(look_alikes, alone, self._max_travel)

    def _transit(self, pair: Pair, signs: Signs) -> SectionTransit:
        entry, leaving = pair.entry.best, pair.exit.best
        days = self._days.of(entry.at), self._days.of(leaving.at)
        clocks_us = self._clock_us(entry), self._clock_us(leaving)
        travel_us = pair.travel // MICROSECOND
        speed = Speed(*self._length_um, travel_us, travel_us + sum(clocks_us))
        margin = self._margin_on(days[1])
        corrected_kmh = speed.corrected_kmh(margin)
        limit = limit_held(self.section, self.law, self._zone, signs, entry.at, leaving.at)
        against = doubt(self.section, pair, speed, days)
        verdict, reason = _verdict(against, margin, corrected_kmh, limit.kmh)
        procedure = self._procedure(reason, corrected_kmh, limit.kmh, days[1])
        is_violation = verdict is SectionVerdict.VIOLATION
        causes = _causes(pair, reason)
        return SectionTransit.trusted(
            {
                "id": event_id(
                    "section_transit", self.id, [self.section.id], [entry.id, leaving.id]
                ),
                "revision": revision_of(causes, limit.version),
                "withdrawn": False,
                "late": entry.late or leaving.late,
                "at": leaving.at,
                "rule": self.ref,
                "passages": tuple([cause.id for cause in causes]),
                "kind": "section_transit",
                "section": self.section.id,
                "plate": str(leaving.plate),  # an unread passage is in no sighting
                "duration_s": pair.travel.total_seconds(),
                "measured_kmh": speed.measured_kmh,
                "lower_kmh": speed.lower_kmh,
                "corrected_kmh": corrected_kmh,
                "limit_kmh": limit.kmh,
                "verdict": verdict,
                "reason": str(reason),
                "case_class": procedure.case_class,
                "entry_camera": entry.camera,
                "exit_camera": leaving.camera,
                "error_budget": self._budget(pair, clocks_us, speed),
                "instrument": self._instrument,
                "limit_source": limit.source,
                "limit_version": limit.version,
                "amount_eur": procedure.amount_eur,
                "otherwise": procedure.otherwise,
                "conditions": procedure.conditions,
                "consequences": procedure.consequences,
                "sources": (margin.source, *procedure.sources) if is_violation else (),
            }
        )

    def _clock_us(self, passage: Passage) -> int:
        """Take the larger of the camera's guaranteed bound and what its heartbeat told."""
        bound_ms = self.cameras_by_id[passage.camera].clock_error_ms
        return whole_us(max(bound_ms, passage.clock_error_ms or 0))

    def _budget(self, pair: Pair, clocks_us: tuple[int, int], speed: Speed) -> ErrorBudget:
        """Lay open what the provable bound was computed from."""
        entry_us, exit_us = clocks_us
        travel_s = pair.travel.total_seconds()
        return ErrorBudget.trusted(
            {
                "length_m": self.section.length_m,
                "length_error_m": self.section.length_error_m,
                "travel_s": travel_s,
                "entry_clock_ms": entry_us / 1000,
                "exit_clock_ms": exit_us / 1000,
                "formula": (
                    f"3.6 * {self._provable_length} / "
                    f"({travel_s:.15g} + {written_s(entry_us)} + {written_s(exit_us)}) s"
                    f" = {speed.lower_kmh:.2f} km/h"
                ),
            }
        )

    def _procedure(
        self, reason: SectionReason, corrected_kmh: int, limit_kmh: int, day: date
    ) -> Procedure:
        fines = self.law.fines.get(self.settings.country)
        if reason is not SectionReason.ABOVE_LIMIT or fines is None:
            return NO_PROCEDURE
        return fines.procedure(
            corrected_kmh=corrected_kmh,
            limit_kmh=limit_kmh,
            built_up=self.section.built_up,
            locally_financed=self.section.locally_financed,
            day=day,
        )

    @cached_property
    def _lateness(self) -> timedelta:
        return timedelta(seconds=self.settings.lateness_s)

    @cached_property
    def _days(self) -> LocalDays:
        return LocalDays(self._zone)

    @cached_property
    def _margin_on(self) -> Callable[[date], Margin]:
        margins = self.law.margins[self.settings.country]
        return lru_cache(maxsize=16)(partial(margin_on, margins))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return self.settings.zone

    @cached_property
    def _instrument(self) -> Instrument | None:
        certificate = self.section.certificate
        return None if certificate is None else Instrument(**certificate.model_dump())

    @cached_property
    def _entry(self) -> End:
        return End.of(self.section.entry, self.cameras_by_id)

    @cached_property
    def _exit(self) -> End:
        return End.of(self.section.exit, self.cameras_by_id)

    @cached_property
    def _max_travel(self) -> timedelta:
        return timedelta(seconds=self.section.max_travel_s)

    @cached_property
    def _length_um(self) -> tuple[int, int]:
        """The length as surveyed, and the shortest that it can be."""
        length_m, error_m = self.section.length_m, self.section.length_error_m
        return whole_um(length_m), whole_um(length_m, error_m)

    @cached_property
    def _provable_length(self) -> str:
        return f"({self.section.length_m:.15g} - {self.section.length_error_m:.15g}) m"


def _verdict(
    against: SectionReason | None, margin: Margin, corrected_kmh: int, limit_kmh: int
) -> tuple[SectionVerdict, SectionReason]:
    if against is not None:
        return SectionVerdict.CANCELLED, against
    if corrected_kmh <= limit_kmh:
        return SectionVerdict.OK, SectionReason.WITHIN_LIMIT
    if not margin.is_pursued(corrected_kmh - limit_kmh, limit_kmh):
        return SectionVerdict.VIOLATION, SectionReason.BELOW_PURSUIT
    return SectionVerdict.VIOLATION, SectionReason.ABOVE_LIMIT


def _causes(pair: Pair, reason: SectionReason) -> list[Passage]:
    """List entry and exit first, then what else was seen there, then what made it ambiguous."""
    seen = [pair.entry.best, pair.exit.best, *pair.entry.others, *pair.exit.others]
    if reason is SectionReason.AMBIGUOUS_ENTRY and pair.other_entry:
        seen.append(pair.other_entry.best)
    elif reason is SectionReason.AMBIGUOUS_EXIT and pair.other_exit:
        seen.append(pair.other_exit.best)
    elif reason is SectionReason.TWO_CANDIDATES and pair.rival:
        seen.append(pair.rival.best)
    return seen
