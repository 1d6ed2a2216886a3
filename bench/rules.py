"""All rules of a large zone at once: reads a second on one core, beside one rule in bytewax.

PlateReads go in as objects and events come out as objects, through both keyed folds; bytes are
measured beside it: JSON reads in, JSON passages between, JSON events out, as the stages do. Then
what each part costs a read, and how much memory what is remembered takes.
"""

import gc
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import partial
from itertools import count, islice
from random import Random
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from anpr.events import Passage, PlateRead
from anpr.lists import Entry, Lists, PlateList
from anpr.plates import fold
from anpr.sites import Site
from pipeline.collector import search_seldom
from pipeline.demo.registrations import registration
from pipeline.simulate import simulate
from rules.all import rules_of
from rules.folds import PassageFold, RuleFold, published
from rules.rule import Rule

SECTIONS, LOCKS, ZONES = 50, 20, 5
READS = 100_000
LISTED = (1_000, 100_000, 1_000_000)
WEIGHED = 5_000
"""So many reads, after as many, are weighed."""

RUNS = 3
FLOOR = 50_000
"""Reads a second that one core must do."""

MODES = {"national": ("exact",) * 9 + ("equivalent",), "local": ("exact", "probable", "wildcard")}
LOCAL = 600
"""How many plates the zone itself looks for, in every match mode; the rest come from elsewhere."""

MET = min(LISTED)
"""So many of the listed plates may drive here, and no others: longer lists then hit alike."""


def large_site() -> Site:
    """Make a zone of sections, locks and permit zones, each with cameras of its own."""
    cameras: list[dict[str, Any]] = []

    def camera(direction: str) -> str:
        number = len(cameras)
        place = {"lat": 51 + number % 20 * 0.01, "lon": 4.3 + number // 20 * 0.01}
        cameras.append({"id": f"camera-{number}", "direction": direction, **place})
        return f"camera-{number}"

    sections = [
        {
            "id": f"section-{number}", "entry": [camera("in")], "exit": [camera("in")],
            "length_m": 900 + 37 * number, "limit_kmh": 70 + 20 * (number % 2),
        }
        for number in range(SECTIONS)
    ]  # fmt: skip
    locks = [
        {
            "id": f"lock-{number}", "entries": [camera("in")],
            "exits": [camera("out"), camera("out")], "inside": [camera("through")],
            "through_within_s": 600, "permits": "truckers",
        }
        for number in range(LOCKS)
    ]  # fmt: skip
    zones = [
        {
            "id": f"zone-{number}", "gates": [camera("in")], "permits": ["residents"],
            "action": "flag",
        }
        for number in range(ZONES)
    ]  # fmt: skip
    site = {"name": "large", "timezone": "Europe/Brussels", "country": "BE"}
    tables = {"cameras": cameras, "sections": sections, "locks": locks, "zones": zones}
    return Site.model_validate({"site": site, **tables})


def hotlists(listed: int, here: Container[str] = ()) -> Lists:
    """Make hotlists of so many plates as they are registered here, and two lists of permits.

    A shorter one holds what a longer one begins with. `here` are the plate folds that drive by.
    """
    sizes = {"national": listed - LOCAL, "local": LOCAL, "truckers": 2_000, "residents": 10_000}
    return Lists(
        PlateList(name, 1, None, [*islice(_entries(name, here), many)])
        for name, many in sizes.items()
    )


def _entries(name: str, here: Container[str]) -> Iterator[Entry]:
    """Make entries of a list without end, the same each time."""
    rng = Random(name)  # noqa: S311
    modes = MODES.get(name, ("exact",))
    for number in count():
        mode, plate = modes[number % len(modes)], registration(rng, "BE").plate
        while number >= MET and name == "national" and fold(plate) in here:
            plate = registration(rng, "BE").plate
        pattern = f"{plate[:3]}?{plate[4:]}" if mode == "wildcard" else plate
        yield Entry.model_validate(
            {"id": f"{name}-{number}", "plate_pattern": pattern, "match_mode": mode}
        )


def all_rules(site: Site, lists: Lists, reads: Iterable[PlateRead]) -> int:
    """Lead reads through both folds; count the events."""
    passages, rules = PassageFold(site), RuleFold(site, rules_of(site), lists)
    events = 0
    for offset, read in enumerate(reads):
        for change in passages.take(read, offset):
            for passage in published(change):
                events += len(rules.take(passage, offset))
    return events


def all_rules_in_bytes(site: Site, lists: Lists, lines: Iterable[str]) -> int:
    """Do the same with JSON before, between and after, as on the log."""
    passages, rules = PassageFold(site), RuleFold(site, rules_of(site), lists)
    size = 0
    for offset, line in enumerate(lines):
        for change in passages.take(PlateRead.model_validate_json(line), offset):
            for passage in published(change):
                again = Passage.model_validate_json(passage.to_json())
                size += sum(len(one.after.to_json()) for one in rules.take(again, offset))
    return size


def costs(site: Site, lists: Lists, reads: Sequence[PlateRead]) -> dict[str, float]:
    """Measure what each part takes of a read, in microseconds of processor time.

    A rule's is what it adds to the fold of passages without rules; together they cost less, since
    that fold looks up and sorts for all of them at once.
    """
    kinds: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules_of(site):
        kinds[rule.id.partition("/")[0]].append(rule)
    passages: list[Passage] = []

    def merge() -> int:
        fold = PassageFold(site)
        changes = (
            change for offset, read in enumerate(reads) for change in fold.take(read, offset)
        )
        passages[:] = [one for change in changes for one in published(change)]
        return len(passages)

    def judge(rules: Sequence[Rule]) -> int:
        fold = RuleFold(site, rules, lists)
        return sum(len(fold.take(one, offset)) for offset, one in enumerate(passages))

    def each_us(work: Callable[[], int]) -> float:
        return 1e6 / rate(len(reads), work)[0]

    merged_us, bare_us = each_us(merge), each_us(partial(judge, ()))
    ruled_us = {kind: each_us(partial(judge, rules)) - bare_us for kind, rules in kinds.items()}
    return {"reads into passages": merged_us, "passages, no rule": bare_us, **ruled_us}


def weights(site: Site, lines: Sequence[str]) -> dict[str, float]:
    """Weigh what is remembered: bytes of a read with its passage, of a passage with its events."""
    passages, rules = PassageFold(site), RuleFold(site, rules_of(site), Lists())

    def merged(lines: Iterable[str]) -> list[bytes]:
        changes = (
            change
            for offset, line in enumerate(lines)
            for change in passages.take(PlateRead.model_validate_json(line), offset)
        )
        return [one.to_json() for change in changes for one in published(change)]

    merged(lines[:WEIGHED])
    tracemalloc.start()
    between = merged(lines[WEIGHED : 2 * WEIGHED])
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    of_reads = held - sum(map(sys.getsizeof, between)) - sys.getsizeof(between)
    for offset, line in enumerate(between):
        rules.take(Passage.model_validate_json(line), offset)
    gc.collect()
    of_passages = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    return {
        "a remembered read": of_reads / WEIGHED,
        "a remembered passage": of_passages / len(between),
    }


def bytewax_sections(site: Site, reads: Sequence[PlateRead]) -> int:
    """Write the section rule plainly in bytewax: the last entry by plate, a speed at each exit.

    No late or repeated reads, no doubt, no withdrawal, no calendar, and no other rule.
    """
    import bytewax.operators as op  # noqa: PLC0415 - an extra that only this needs
    from bytewax.dataflow import Dataflow  # noqa: PLC0415
    from bytewax.testing import TestingSink, TestingSource, run_main  # noqa: PLC0415

    entry_of = {camera: section for section in site.sections for camera in section.entry}
    exit_of = {camera: section for section in site.sections for camera in section.exit}

    def step(
        entries: dict[str, PlateRead] | None, read: PlateRead
    ) -> tuple[dict[str, PlateRead] | None, list[dict[str, object]]]:
        entries = entries or {}
        if section := entry_of.get(read.camera):
            entries[section.id] = read
        section = exit_of.get(read.camera)
        entry = entries.pop(section.id, None) if section else None
        if section is None or entry is None:
            return entries or None, []
        travel_s = (read.captured_at - entry.captured_at).total_seconds()
        if not 0 < travel_s <= section.max_travel_s:
            return entries or None, []
        kmh = int(3.6 * (section.length_m - section.length_error_m) / (travel_s + 0.04))
        corrected_kmh = kmh - 6 if kmh <= 100 else int(0.94 * kmh)  # noqa: PLR2004 - the law's
        transit: dict[str, object] = {
            "section": section.id, "plate": read.plate, "duration_s": travel_s,
            "corrected_kmh": corrected_kmh, "violation": corrected_kmh > section.limit_kmh,
        }  # fmt: skip
        return entries or None, [transit]

    flow = Dataflow("sections")
    transits: list[dict[str, object]] = []
    keyed = [(read.plate, read) for read in reads if read.plate]
    stream = op.input("reads", flow, TestingSource(keyed, batch_size=500))
    stream = op.stateful_flat_map("section", stream, step)
    op.output("transits", stream, TestingSink(transits))
    run_main(flow)
    return len(transits)


def rate(count: int, work: Callable[[], int], runs: int = RUNS) -> tuple[float, int]:
    """Give items per second of processor time, the median of some runs, and what came out.

    A fold holds itself in a ring: what earlier runs left is swept up before the clock starts.
    """
    rates, result = [], 0
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        result = work()
        rates.append(count / (time.process_time() - start))
    return median(rates), result


def main() -> None:
    """Measure, and print a table."""
    site = large_site()
    lines = list(simulate(site, READS, seed=5).reads)
    reads = [PlateRead.model_validate_json(line) for line in lines]
    here = {fold(read.plate) for read in reads if read.plate}
    search_seldom()
    table = Table(
        "what", "reads/s", "of 50,000", "beside bytewax", "came out",
        title=f"{SECTIONS} sections, {LOCKS} locks, {ZONES} zones; {READS:,} reads; one core",
    )  # fmt: skip
    peer = None
    try:
        peer, transits = rate(READS, lambda: bytewax_sections(site, reads))
        table.add_row(
            "bytewax: the section rule alone", f"{peer:,.0f}", "", "1.00", f"{transits:,} transits"
        )
    except ImportError:
        print("bytewax is not installed: pip install 'zone-anpr[bench]'", file=sys.stderr)

    def add(what: str, measured: tuple[float, int], unit: str) -> None:
        speed, result = measured
        beside = f"{speed / peer:.2f}" if peer else ""
        table.add_row(what, f"{speed:,.0f}", f"{speed / FLOOR:.2f}", beside, f"{result:,} {unit}")

    for listed in LISTED:
        objects = rate(READS, partial(all_rules, site, hotlists(listed, here), reads))
        add(f"all rules, {listed:,} listed plates", objects, "events")
    lists = hotlists(100_000, here)
    in_bytes = rate(READS, partial(all_rules_in_bytes, site, lists, lines))
    add("100,000 listed, JSON in, between and out", in_bytes, "bytes")
    parts = Table("part", "µs a read, or bytes", title="What a read costs")
    for part, us in costs(site, lists, reads).items():
        parts.add_row(part, f"{us:.1f} µs")
    for part, size in weights(site, lines).items():
        parts.add_row(part, f"{size:,.0f} bytes")
    console = Console(width=120)
    console.print(table)
    console.print(parts)


if __name__ == "__main__":
    main()
