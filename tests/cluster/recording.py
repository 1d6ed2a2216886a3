"""Simulated reads as if they had come in until now, the lists they meet, and what must come out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.events import PlateRead, RuleEvent
from anpr.list_file import parse_list
from anpr.list_parts import parts_of
from anpr.lists import ListPart, Lists
from anpr.sites import Site
from pipeline.replay import RecordedRead, replay
from pipeline.simulate import simulate

WANTED = 40
"""How many of the plates that come most often are on the hotlist."""


@dataclass(frozen=True)
class Recording:
    """Reads in the order in which they arrive, and the versions of lists that hold throughout."""

    site: Site
    reads: Sequence[PlateRead]
    parts: Sequence[ListPart]

    @property
    def lists(self) -> Lists:
        lists = Lists()
        for part in self.parts:
            lists.take(part)
        return lists


def record(site: Site, count: int, until: datetime, seed: int = 1) -> Recording:
    """Simulate so many reads of a site, the last of which arrives at `until`."""
    reads = [PlateRead.model_validate_json(line) for line in simulate(site, count, seed).reads]
    shift = until - max(read.received_at or read.captured_at for read in reads)
    shifted = [_later(read, shift) for read in reads]
    holds_from = min(read.captured_at for read in shifted) - timedelta(days=1)
    parts = [
        part
        for name, rows in _lists(shifted).items()
        for part in parts_of(name, 1, holds_from, parse_list(rows, name, site.site.zone))
    ]
    return Recording(site, shifted, parts)


def events_of(
    recording: Recording, reads: Iterable[PlateRead] | None = None
) -> Mapping[str, RuleEvent]:
    """Give the events that one process makes of reads, by id."""
    recorded = (
        RecordedRead(number, read)
        for number, read in enumerate(recording.reads if reads is None else reads, start=1)
    )
    replayed = replay(recording.site, recording.lists, recorded)
    assert not replayed.problems
    return {event.id: event for event in replayed.events}


def _later(read: PlateRead, shift: timedelta) -> PlateRead:
    moved = {"captured_at": read.captured_at + shift}
    if read.received_at is not None:
        moved["received_at"] = read.received_at + shift
    # The id is computed from the moved time.
    fields = read.model_dump(mode="json", exclude={"id", "captured_at", "received_at"})
    return PlateRead.model_validate({**fields, **moved})


def _lists(reads: Sequence[PlateRead]) -> Mapping[str, str]:
    """Put plates that come often on the lists, each on one of them in turn."""
    often = [plate for plate, _ in Counter(read.plate for read in reads).most_common() if plate]
    wanted, permits, neighbours = often[:WANTED], often[WANTED : 2 * WANTED], often[80:120]
    return {
        "stolen": "\n".join(["plate_pattern,priority,match_mode", *_rows(wanted)]),
        "relst-permits": "\n".join(["plate_pattern", *permits]),
        "bewoners": "\n".join(["plate_pattern", *neighbours]),
    }


def _rows(plates: Sequence[str]) -> list[str]:
    modes = ("exact", "equivalent")
    return [f"{plate},90,{modes[number % 2]}" for number, plate in enumerate(plates)]
