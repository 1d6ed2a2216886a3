"""How fast accepted cases are exported, beside plain ZIP and a hash of the very same files.

Ours is what `anpr case export` does: from the ledger, with its transitions, audit and batch.

The peer does the least that a package could be: the files that ours holds, hashed and zipped,
written to the same disk and synced; no picture made unrecognisable, no report, no signature.
Processor time, since a busy machine does not change it; the disk's waits are in the wall clock.
"""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from sqlalchemy import Engine

from anpr.errors import EvidenceError
from anpr.events import Passage, PlateRead, SectionTransit
from anpr.ids import computed
from anpr.sites import EvidenceSettings, Site
from anpr.time import to_us
from sinks.cases.exporting import export_cases
from sinks.cases.tables import cases as ledger
from sinks.evidence.container import unpack
from sinks.evidence.facts import Facts, PassageFacts, PostFacts, ReviewFacts, RuleFacts
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.store.engine import open_store, writing
from sinks.store.people import Account
from sinks.store.rights import Role
from sinks.store.upsert import add

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WIDTH, HEIGHT = 1280, 720
BOX = (560.0, 420.0, 150.0, 36.0)
BATCH = 100
PICTURES = 16
"""So many different pictures: they differ enough that nothing of them is remembered."""

SITE = Site.model_validate(
    {
        "site": {"name": "bench", "timezone": "Europe/Brussels", "country": "BE"},
        "cameras": [{"id": "n177", "lat": 51.0901, "lon": 4.3702}],
    }
)


@dataclass(frozen=True, slots=True)
class Album:
    """Pictures by reference."""

    kept: dict[str, bytes]

    def get(self, reference: str) -> bytes | None:
        """Give a picture."""
        return self.kept.get(reference)


def album() -> tuple[Album, list[str], list[str]]:
    """Draw overviews of the size that cameras send (some 100 KB), and crops."""
    rng = np.random.default_rng(1)
    kept: dict[str, bytes] = {}

    def drawn(width: int, height: int) -> str:
        coarse = rng.integers(0, 255, (height // 16, width // 16, 3), dtype=np.uint8)
        smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        noise = rng.integers(0, 12, smooth.shape, dtype=np.uint8)
        noisy = cv2.add(smooth, np.asarray(noise))
        _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])
        reference = f"sha256:{sha256(jpeg.tobytes()).hexdigest()}"
        kept[reference] = jpeg.tobytes()
        return reference

    overviews = [drawn(WIDTH, HEIGHT) for _ in range(PICTURES)]
    return Album(kept), overviews, [drawn(192, 64) for _ in range(PICTURES)]


def cases(count: int, overviews: list[str], crops: list[str]) -> Iterator[Facts]:
    """Make the facts of reviewed section cases."""
    post = PostFacts(id="n177", name="N177", lat=51.0901, lon=4.3702, clock_error_ms=20)
    for number in range(count):
        at = NOON + timedelta(seconds=number)
        plate = f"1AB{chr(65 + number % 26)}{number % 1000:03}"
        ends = []
        for end, moment in enumerate((at - timedelta(seconds=50), at)):
            images = {
                "overview": overviews[(number + end) % PICTURES],
                "crop": crops[(number + end) % PICTURES],
            }
            read = PlateRead.model_validate(
                {
                    "camera": "n177", "captured_at": moment, "plate": plate, "confidence": 0.97,
                    "characters": [0.97] * 7, "box": BOX, "images": images,
                }
            )  # fmt: skip
            passage = Passage.model_validate(
                {
                    **read.model_dump(include={"camera", "plate", "confidence", "images"}),
                    "id": computed("passage", str(number), str(end)), "revision": 1, "at": moment,
                    "first_at": moment, "last_at": moment, "received_at": moment,
                    "reads": [read.id], "vehicle": {"class": "car"},
                }
            )  # fmt: skip
            role = "exit" if end else "entry"
            ends.append(PassageFacts(role=role, camera=post, passage=passage, reads=(read,)))
        yield _facts(number, at, plate, tuple(ends))


def _facts(number: int, at: datetime, plate: str, ends: tuple[PassageFacts, ...]) -> Facts:
    event = SectionTransit.model_validate(
        {
            "id": computed("section_transit", str(number)), "revision": 2, "at": at,
            "rule": {"id": "section/n177", "version": "0123456789ab"},
            "passages": [one.passage.id for one in ends], "section": "n177", "plate": plate,
            "duration_s": 50.0, "measured_kmh": 89.28, "lower_kmh": 89.13, "corrected_kmh": 83,
            "limit_kmh": 70, "verdict": "violation", "reason": "above_limit",
            "case_class": "immediate_collection", "amount_eur": 71,
        }
    )  # fmt: skip
    rule = RuleFacts(
        id="section/n177", version="0123456789ab", software="bench", as_judged=True,
        configuration={},
    )  # fmt: skip
    review = ReviewFacts(account="bench", at=at, plate_seen=plate, outcome="agreed")
    return Facts(
        zone="bench", timezone="Europe/Brussels", country="BE", event=event, passages=ends,
        rule=rule, review=review,
    )  # fmt: skip


def least(files: Mapping[str, bytes], path: Path) -> None:
    """Do the least: hash each file, zip them, write and sync."""
    with path.open("wb") as file:
        with ZipFile(file, "w", ZIP_STORED) as archive:
            for name, content in files.items():
                sha256(content).hexdigest()
                archive.writestr(name, content)
        file.flush()
        os.fsync(file.fileno())


@dataclass(slots=True)
class Spent:
    """Seconds of processor and of the wall clock."""

    cpu: float = 0.0
    wall: float = 0.0

    def since(self, cpu: float, wall: float) -> None:
        """Add what was spent since then."""
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall


@dataclass(frozen=True, slots=True)
class Measured:
    """What both took, how many bytes the packages are, and what the export added to the memory."""

    ours: Spent
    peer: Spent
    size: int
    grown_mb: float


def accept(engine: Engine, waiting: Iterator[Facts]) -> None:
    """Put cases into the ledger, as officers leave them who accepted them."""
    while batch := list(islice(waiting, BATCH)):
        rows = [
            {
                "id": one.event.id, "kind": one.event.kind, "subject": "n177",
                "plate": one.event.plate, "at_us": to_us(one.event.at), "state": "accepted",
                "reason": "", "version": 2, "revision": one.event.revision,
                "facts": one.model_copy(update={"review": None}).to_json().decode(),
                "review": None if one.review is None else one.review.to_json().decode(),
                "owes_withdrawal": False, "changed_us": to_us(NOON), "changed_by": "bench",
            }
            for one in batch
        ]  # fmt: skip
        with writing(engine) as connection:
            add(connection, ledger, rows)


def measure(count: int, folder: Path, *, sealed: bool) -> Measured:
    """Export so many accepted cases through the ledger; then do the peer's with the same files."""
    keys, out = folder / "keys", folder / "packages"
    ring = KeyRing(keys)
    ring.prepare(NOON) if sealed else ring.create(NOON)
    packer = Packer(keys, EvidenceSettings(), str)
    pictures, overviews, crops = album()
    engine = open_store(f"sqlite:///{folder}/store.db")
    accept(engine, cases(count, overviews, crops))
    officer = Account("bench", frozenset({Role.TRAFFIC_OFFICER}))
    ours, peer, size = Spent(), Spent(), 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    before = peak_mb()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        start = time.process_time(), time.perf_counter()
        went = export_cases(engine, SITE, packer, pictures, out, officer, NOON)
        for one in progress.track(went, total=count, description="export"):
            if one.path is None:
                raise EvidenceError(one.problem)
        ours.since(*start)
        grown = peak_mb() - before
        packages = sorted(out.glob("case-*.zip"))
        for path in progress.track(packages, description="plain ZIP + hash"):
            files = unpack(path.read_bytes())
            size += path.stat().st_size
            start = time.process_time(), time.perf_counter()
            least(files, path.with_suffix(".peer"))
            peer.since(*start)
            path.with_suffix(".peer").unlink()
            path.unlink()
    engine.dispose()
    return Measured(ours, peer, size, grown)


def peak_mb() -> float:
    """Give the most memory that this process has held."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1000


def main(
    cases: Annotated[int, typer.Option(min=1, help="How many cases to export.")] = 10_000,
    *,
    sealed: Annotated[bool, typer.Option(help="Seal the originals too.")] = False,
) -> None:
    """Export accepted cases from the ledger, and print the rate beside plain ZIP and hash."""
    with TemporaryDirectory(prefix="anpr-bench-") as folder:
        found = measure(cases, Path(folder), sealed=sealed)
    table = Table("", "cases", "KB a case", "CPU ms a case", "cases/s of one core", "cases/s wall")
    for name, spent in (("export", found.ours), ("plain ZIP + hash", found.peer)):
        table.add_row(
            name,
            f"{cases:,}",
            f"{found.size / cases / 1000:.0f}",
            f"{1000 * spent.cpu / cases:.2f}",
            f"{cases / spent.cpu:.0f}",
            f"{cases / spent.wall:.0f}",
        )
    Console().print(table)
    print(f"ratio of processor time: {found.ours.cpu / found.peer.cpu:.1f}")
    print(f"memory that the export added at its peak: {found.grown_mb:.0f} MB")
