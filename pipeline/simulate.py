"""`anpr simulate`: a recorded stream of reads for any site file, its lists and its truth."""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from anpr.sites import Site
from pipeline.simulation.reading import Reading, Taken
from pipeline.simulation.traffic import HOTLIST, Demand, Traffic
from pipeline.simulation.truth import truths_of

HOTLIST_CSV = "plate_pattern,match_mode,reason_code,priority,action\n"
PERMITS_CSV = "plate_pattern\n"


class Written(NamedTuple):
    """A line of the recording, or one of the truth."""

    is_truth: bool
    line: str


class Simulation:
    """A recording yet to be played: everything follows from one seed, each time the same."""

    def __init__(self, site: Site, demand: Demand, seed: int) -> None:
        self._site = site
        self._demand = demand
        self._seed = seed
        self._lists: Mapping[str, Sequence[str]] = {}

    @property
    def lines(self) -> Iterator[Written]:
        """Give the reads in the order in which they arrive, and among them what truly happened.

        Memory holds the reads that are on their way, and the vehicles that come back.
        """
        traffic = Traffic(self._site, self._demand, self._seed)
        reading = Reading(self._site, self._seed)
        waiting: list[tuple[datetime, int, Taken]] = []
        number = 0
        for trip in traffic.trips():
            # Nothing of this or a later trip can arrive before it starts.
            while waiting and waiting[0][0] < trip.start:
                yield Written(is_truth=False, line=heapq.heappop(waiting)[2].line)
            taken = list(reading.of(trip))
            for one in taken:
                number += 1
                heapq.heappush(waiting, (one.received_at, number, one))
            for truth in truths_of(self._site, trip, taken):
                text = json.dumps(truth, ensure_ascii=False, separators=(",", ":"))
                yield Written(is_truth=True, line=text)
        while waiting:
            yield Written(is_truth=False, line=heapq.heappop(waiting)[2].line)
        self._lists = traffic.lists

    @property
    def reads(self) -> Iterator[str]:
        """Give PlateReads, one JSON a line, in the order in which they arrive."""
        return (written.line for written in self.lines if not written.is_truth)

    @property
    def truth(self) -> Iterator[str]:
        """Give what truly happened, one JSON a line, trip after trip."""
        return (written.line for written in self.lines if written.is_truth)

    @property
    def lists(self) -> Mapping[str, str]:
        """Give the lists as CSV files by name; known once the lines have been given."""
        return {name: _csv(name, plates) for name, plates in self._lists.items() if plates}


def simulate(
    site: Site, reads: int | None = None, seed: int = 1, demand: Demand | None = None
) -> Simulation:
    """Simulate a site's traffic, for exactly so many reads where a number is given."""
    return Simulation(site, demand or Demand(reads=reads), seed)


def _csv(name: str, plates: Sequence[str]) -> str:
    if name != HOTLIST:
        return PERMITS_CSV + "".join(f"{plate}\n" for plate in plates)
    rows = (f"{plate},probable,BURGLARY,70,observe\n" for plate in plates)
    return HOTLIST_CSV + "".join(rows)
