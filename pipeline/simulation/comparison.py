"""A recording's ground truth beside what the rules made of it: what was found, and why not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from rich.table import Table

from anpr.errors import ListError, Problem
from anpr.events import Hit, LockTransit, LockVerdict, RuleEvent, SectionTransit, SectionVerdict

NEAR = timedelta(seconds=2)
"""How far a camera's clock and a second read may move a sighting."""

CASES = frozenset({SectionVerdict.VIOLATION.value, LockVerdict.THROUGH.value})
PLACES = {"section_transit": "section", "lock_transit": "lock"}
NO_TRANSIT = "no transit"

Truth = Mapping[str, Any]
Transit = SectionTransit | LockTransit


@dataclass(frozen=True, slots=True)
class Miss:
    """A planted case that did not come out: its flaw in the truth, and what the rules said."""

    flaw: str | None
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """The cases of one kind: those planted, those the reads prove, and those that came out.

    `false` came out without a planted case that the reads prove.
    """

    planted: int
    enforceable: int
    missed: Counter[Miss]
    cases: int
    false: Sequence[Transit]

    @property
    def missed_enforceable(self) -> Counter[str]:
        """Count what the rules said of provable cases that did not come out."""
        said: Counter[str] = Counter()
        for miss, times in self.missed.items():
            if miss.flaw is None:
                said[miss.said] += times
        return said

    @property
    def recall(self) -> tuple[int, int]:
        """How many of the provable cases came out."""
        return self.enforceable - self.missed_enforceable.total(), self.enforceable

    @property
    def precision(self) -> tuple[int, int]:
        """How many of the cases that came out were planted and are proved."""
        return self.cases - len(self.false), self.cases


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of each kind of case, and of listed plates by how well they were read."""

    found: Mapping[str, Found]
    hits: Mapping[str, tuple[int, int]]

    def tables(self) -> list[Table]:
        """Draw the figures, and why planted cases did not come out."""
        figures = Table("what", "share", "of", title="Found")
        misses = Table("kind", "flaw of the reads", "what the rules said", "times",
                       title="Planted cases that did not come out")  # fmt: skip
        for kind, found in self.found.items():
            figures.add_row(f"{kind}: precision", *_share(found.precision))
            figures.add_row(f"{kind}: recall of what the reads prove", *_share(found.recall))
            for miss, times in found.missed.most_common():
                misses.add_row(kind, miss.flaw or "none", miss.said, str(times))
        for read, hit in sorted(self.hits.items()):
            figures.add_row(f"listed plates read {read}: hit", *_share(hit))
        return [figures, misses]


def compare(truths: Iterable[Truth], events: Iterable[RuleEvent]) -> Comparison:
    """Compare what truly happened with the events that stand."""
    happened: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        happened[truth["kind"]].append(truth)
    came: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        came[event.kind].append(event)
    found = {kind: _found(happened[kind], came[kind]) for kind in PLACES}
    return Comparison(found, _hits(happened["hit"], came["hit"]))


def read_truth(path: Path) -> list[Truth]:
    """Read a truth that was written beside a recording. Raises ListError."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not JSON lines"
        problem = Problem("--truth", f"cannot be read: {what}", "Give what simulate wrote.")
        raise ListError(str(path), [problem]) from error


def _found(truths: Sequence[Truth], transits: Sequence[Transit]) -> Found:
    told: dict[tuple[str, str], list[Transit]] = defaultdict(list)
    for transit in transits:
        told[transit.plate, _place(transit)].append(transit)
    planted = [truth for truth in truths if truth["verdict"] in CASES]
    proved: set[str] = set()
    missed: Counter[Miss] = Counter()
    for truth in planted:
        said = _said_of(truth, told)
        own = {one.id for one in said if one.verdict in CASES and one.plate == truth["plate"]}
        if not own:
            reasons = sorted({f"{one.verdict} ({one.reason})" for one in said})
            missed[Miss(truth["flaw"], ", ".join(reasons) or NO_TRANSIT)] += 1
        if truth["flaw"] is None:
            proved |= own
    cases = [transit for transit in transits if transit.verdict in CASES]
    return Found(
        planted=len(planted),
        enforceable=sum(truth["flaw"] is None for truth in planted),
        missed=missed,
        cases=len(cases),
        false=[case for case in cases if case.id not in proved],
    )


def _said_of(truth: Truth, told: Mapping[tuple[str, str], Sequence[Transit]]) -> list[Transit]:
    """Find the transits that tell of a trip: by the plate that was read where it left."""
    moment = datetime.fromisoformat(truth["at"])
    place = truth[PLACES[truth["kind"]]]
    plates = {truth["plate"], truth["exit_read"]} - {None}
    near = chain.from_iterable(told.get((plate, place), ()) for plate in sorted(plates))
    return [one for one in near if abs(one.at - moment) <= NEAR]


def _place(transit: Transit) -> str:
    return transit.section if isinstance(transit, SectionTransit) else transit.lock


def _hits(truths: Sequence[Truth], hits: Sequence[Hit]) -> dict[str, tuple[int, int]]:
    """Say of how many listed plates, by how well they were read, there was a hit."""
    at: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for hit in hits:
        at[hit.camera, hit.entry_plate].append(hit.at)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for truth in truths:
        moment = datetime.fromisoformat(truth["at"])
        near = at.get((truth["camera"], truth["plate"]), ())
        counts[truth["read"]][0] += any(abs(one - moment) <= NEAR for one in near)
        counts[truth["read"]][1] += 1
    return {read: (hit, planted) for read, (hit, planted) in counts.items()}


def _share(figure: tuple[int, int]) -> tuple[str, str]:
    part, whole = figure
    return (f"{part / whole:.4f}" if whole else "none", f"{part} of {whole}")
