"""How soon a change of a long list takes effect in a running zone: beside the limit of 5 s.

A whole zone on the embedded log, whose bollard opens for the plates of one list. The list is
imported anew by `anpr hotlist import`, a process of its own, with plates that it did not have; one
of these after the other is pushed over HTTP until the bollard is asked to open. Told is the time
from the end of the import, when the list is published, and how long the import itself took.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import Empty
from statistics import median
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from anpr.sites import parse_site
from bench.access import SITE, TOKEN, Calls, actuator
from bench.lists import plates
from pipeline.clock import now
from pipeline.settings import RunSettings
from pipeline.zone import running

LIMIT_S = 5.0
SIZES = (10_000, 100_000, 1_000_000)
CHANGES = 5
EVERY_S = 0.1


class Change(NamedTuple):
    """What one import took, and how long after its end it was in effect; in seconds."""

    import_s: float
    effect_s: float


class Gate(NamedTuple):
    """The way in: push a plate, and see whether the bollard is asked."""

    camera: httpx.Client
    url: str
    calls: Calls

    def settle(self) -> None:
        """Forget who was let in before."""
        while not self.calls.empty():
            self.calls.get_nowait()

    def opens_for(self, plate: str) -> bool:
        """Push a read of a plate; say whether somebody is let in soon after."""
        read = {"captured_at": now().isoformat(), "plate": plate, "confidence": 0.97}
        self.camera.post(self.url, json={"camera": "markt", **read}).raise_for_status()
        try:
            self.calls.get(timeout=EVERY_S)
        except Empty:
            return False
        return True


@contextmanager
def zone(folder: Path) -> Iterator[Gate]:
    """Run a zone whose bollard opens for the list `residents`."""
    with actuator() as (called, calls):
        text = f'{SITE.replace("{actuator}", called)}fail = "closed"\n'
        (folder / "site.toml").write_text(text, encoding="utf-8")
        site = parse_site(text, "bench")
        settings = RunSettings(folder, port=0, stages=frozenset({"ingest", "rules", "sinks"}))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with (
            running(site, text, settings, now, lambda _: TOKEN) as at_work,
            httpx.Client(headers=headers, timeout=30) as camera,
        ):
            url = f"http://127.0.0.1:{at_work.port}/v1/cameras/markt/reads"
            yield Gate(camera, url, calls)


def change(folder: Path, gate: Gate, listed: Sequence[str], added: Sequence[str]) -> Change:
    """Import the list with some plates more, and push these until one is let in."""
    file = folder / "residents.csv"
    file.write_text("\n".join(["plate_pattern", *listed, *added, ""]), encoding="utf-8")
    program = (sys.executable, "-m", "pipeline.cli")
    verb = ("hotlist", "import", str(file), "--list", "residents", "--data", str(folder))
    begun = time.perf_counter()
    subprocess.run((*program, *verb), check=True, capture_output=True)  # noqa: S603 - our own
    published = time.perf_counter()
    gate.settle()
    for plate in added:
        if gate.opens_for(plate):
            return Change(published - begun, time.perf_counter() - published)
    told = f"none of {len(added)} plates was let in"
    raise RuntimeError(told)


def measure(size: int) -> list[Change]:
    """Change a list of some length in a zone that runs."""
    listed, numbers = plates(size, 1), count()
    with tempfile.TemporaryDirectory(prefix="bench-effect-") as name, zone(Path(name)) as gate:
        changes = []
        for _ in range(CHANGES):
            added = [f"9NEW{next(numbers):04}" for _ in range(600)]
            changes.append(change(Path(name), gate, listed, added))
        return changes


def main() -> None:
    """Measure, and print a table."""
    title = "From the end of an import to the first vehicle let in by it"
    table = Table("plates", "median s", "longest s", "of 5 s", "the import s", title=title)
    for size in SIZES:
        changes = measure(size)
        spans = [one.effect_s for one in changes]
        table.add_row(
            f"{size:,}", f"{median(spans):.2f}", f"{max(spans):.2f}",
            f"{max(spans) / LIMIT_S:.2f}", f"{median(one.import_s for one in changes):.1f}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
