"""Export many cases: each by itself, so that one that cannot be packed stops no other."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anpr.errors import EvidenceError
from anpr.sites import SiteSettings
from sinks.evidence.facts import Facts
from sinks.evidence.package import Language, Pictures, write_whole, writing_whole
from sinks.evidence.packing import Packer
from sinks.evidence.report.batch import Rows, summary, write_csv, write_json

WORKERS = 2
"""Decoding and encoding pictures, most of the work, lets other threads go on."""

AHEAD = 4
"""So many cases a worker are begun before the first of them is fetched."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of one case: its package, or why there is none."""

    facts: Facts
    path: Path | None
    problem: str = ""


def export(
    cases: Iterable[Facts],
    packer: Packer,
    images: Pictures,
    out: Path,
    now: datetime,
    workers: int = WORKERS,
) -> Iterator[Exported]:
    """Write the package of each case into a folder, in their order, as they are fetched.

    A case that cannot be packed comes with the reason. Raises SigningKeyError: without a key none
    can.
    """

    def packed(facts: Facts) -> Exported:
        try:
            waived = facts.review is not None and facts.review.without_pictures is not None
            path = packer.write(facts, images, out, now, allow_missing=waived)
            return Exported(facts, path)
        except EvidenceError as error:
            return Exported(facts, None, str(error))

    packer.prepare()
    begun: deque[Future[Exported]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for facts in cases:
            begun.append(pool.submit(packed, facts))
            if len(begun) >= workers * AHEAD:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def write_batch(
    rows: Rows, out: Path, site: SiteSettings, language: Language, now: datetime
) -> Iterator[Path]:
    """Write what goes with a batch: its rows as CSV and JSON, and the list on paper.

    The rows are walked over three times and never held: there may be very many.
    """
    name = f"batch-{now:%Y%m%dT%H%M%S.%f}Z"
    for kind, write in (("csv", write_csv), ("json", write_json)):
        with writing_whole(out / f"{name}.{kind}") as file:
            write(rows, file)
        yield out / f"{name}.{kind}"
    yield write_whole(out / f"{name}.pdf", summary(rows, site, now, language))
