"""`anpr simulate`: a recorded stream of reads for any site file, and its ground truth."""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from anpr.sites import Site
from pipeline.simulation.reading import Reading
from pipeline.simulation.traffic import Traffic
from pipeline.simulation.truth import truths_of


@dataclass(frozen=True, slots=True)
class Simulation:
    """A recording yet to be played: both halves come from the same seed, each time the same."""

    site: Site
    count: int
    seed: int

    @property
    def reads(self) -> Iterator[str]:
        """Give PlateReads, one JSON a line, in the order in which they arrive."""
        reading = Reading(self.site, self.seed)
        waiting: list[tuple[datetime, int, str]] = []
        number = 0
        for trip in Traffic(self.site, self.seed).trips(self.count):
            # Nothing of this or a later trip can arrive before it starts.
            while waiting and waiting[0][0] < trip.start:
                yield heapq.heappop(waiting)[2]
            for received_at, line in reading.of(trip):
                number += 1
                heapq.heappush(waiting, (received_at, number, line))
        while waiting:
            yield heapq.heappop(waiting)[2]

    @property
    def truth(self) -> Iterator[str]:
        """Give what truly happened, one JSON a line, trip after trip."""
        for trip in Traffic(self.site, self.seed).trips(self.count):
            for truth in truths_of(self.site, trip):
                yield json.dumps(truth, ensure_ascii=False, separators=(",", ":"))


def simulate(site: Site, reads: int, seed: int = 1) -> Simulation:
    """Simulate a site's traffic for exactly so many reads, from a Monday morning on."""
    return Simulation(site, reads, seed)
