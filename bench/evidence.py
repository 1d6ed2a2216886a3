"""How fast cases are packed, beside plain ZIP and a hash of each of the very same files.

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
from tempfile import TemporaryDirectory
from typing import Annotated
from zipfile import ZIP_STORED, ZipFile

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from anpr.events import Passage, PlateRead, SectionTransit
from anpr.ids import computed
from anpr.sites import EvidenceSettings
from sinks.evidence.container import unpack
from sinks.evidence.exporting import WORKERS, export
from sinks.evidence.facts import Facts, PassageFacts, PostFacts, ReviewFacts, RuleFacts
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WIDTH, HEIGHT = 1280, 720
BOX = (560.0, 420.0, 150.0, 36.0)
BATCH = 50
PICTURES = 16
"""So many different pictures: they differ enough that nothing of them is remembered."""


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


def batched(facts: Iterator[Facts], size: int) -> Iterator[list[Facts]]:
    """Cut the cases into batches."""
    while batch := list(islice(facts, size)):
        yield batch


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


def measure(count: int, folder: Path, workers: int, *, sealed: bool) -> tuple[Spent, Spent, int]:
    """Pack so many cases, batch by batch beside the peer's; give what both took, and the bytes."""
    keys, out = folder / "keys", folder / "out"
    ring = KeyRing(keys)
    ring.prepare(NOON) if sealed else ring.create(NOON)
    packer = Packer(keys, EvidenceSettings(), str)
    pictures, overviews, crops = album()
    ours, peer, size = Spent(), Spent(), 0
    columns = (TextColumn("packing"), *Progress.get_default_columns()[1:2], MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        shown = progress.add_task("packing", total=count)
        for batch in batched(cases(count, overviews, crops), BATCH):
            start = time.process_time(), time.perf_counter()
            paths = []
            for one in export(batch, packer, pictures, out, NOON, workers):
                paths.append(one.path)
                progress.advance(shown)
            ours.since(*start)
            files = [unpack(path.read_bytes()) for path in paths if path]
            size += sum(path.stat().st_size for path in paths if path)
            start = time.process_time(), time.perf_counter()
            for number, one_case in enumerate(files):
                least(one_case, out / f"{number}.peer")
            peer.since(*start)
            for path in out.iterdir():
                path.unlink()
    return ours, peer, size


def main(
    cases: Annotated[int, typer.Option(min=1, help="How many cases to pack.")] = 10_000,
    workers: Annotated[int, typer.Option(min=1, help="Threads that pack.")] = WORKERS,
    *,
    sealed: Annotated[bool, typer.Option(help="Seal the originals too.")] = False,
) -> None:
    """Pack cases, and print the rate beside plain ZIP and hash."""
    with TemporaryDirectory(prefix="anpr-bench-") as folder:
        ours, peer, size = measure(cases, Path(folder), workers, sealed=sealed)
    table = Table("", "cases", "KB a case", "CPU ms a case", "cases/s of one core", "cases/s wall")
    for name, spent in (("package", ours), ("plain ZIP + hash", peer)):
        table.add_row(
            name,
            f"{cases:,}",
            f"{size / cases / 1000:.0f}",
            f"{1000 * spent.cpu / cases:.2f}",
            f"{cases / spent.cpu:.0f}",
            f"{cases / spent.wall:.0f}",
        )
    Console().print(table)
    print(f"ratio of processor time: {ours.cpu / peer.cpu:.1f}")
