"""The verbs that need no running zone: read, replay, check, simulate."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from anpr.events import RuleEvent
from anpr.lists import Lists
from anpr.sites import Site
from pipeline.check import draw
from pipeline.commands.terminal import FileError, SiteFile, out, read_site, say
from pipeline.replay import (
    Difference,
    Replayed,
    difference,
    read_limits,
    read_lists,
    recorded_reads,
)
from pipeline.replay import replay as run_replay
from pipeline.simulate import simulate as run_simulation


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (check, read, replay, simulate):
        app.command()(verb)


def check(site: SiteFile) -> None:
    """Validate a site file and draw the zone it describes."""
    out.print(draw(read_site(site)))


def read(
    images: Annotated[list[Path], typer.Argument(help="Photographs (JPEG).", metavar="IMAGE...")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line an image.")] = False,
) -> None:
    """Read the plates on photographs."""
    from ocr.files import read_files  # noqa: PLC0415 - loads the networks; other verbs need none
    from ocr.reader import still_reader  # noqa: PLC0415

    failed = False
    for result in read_files(images, still_reader()):
        failed = failed or "error" in result
        if as_json:
            print(json.dumps(result, ensure_ascii=False), flush=True)
        else:
            _print_plates(result)
    if failed:
        raise typer.Exit(1)


def replay(
    site: SiteFile,
    reads: Annotated[Path, typer.Argument(help="PlateReads, one JSON a line, by arrival.")],
    lists: Annotated[Path | None, typer.Option(help="A folder with one CSV a list.")] = None,
    limits: Annotated[
        Path | None, typer.Option(help="What signs displayed, one JSON a line.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another site file: print what it would change.")
    ] = None,
) -> None:
    """Run the rules over recorded reads and write their events, one JSON a line."""
    first = _replayed(read_site(site), reads, lists, limits)
    for problem in first.problems:
        say(f"refused: {problem}")
    if against is None:
        _write_events(first.events)
        return
    second = _replayed(read_site(against), reads, lists, limits)
    _print_difference(difference(first.events, second.events))


def simulate(
    site: SiteFile,
    reads: Annotated[int, typer.Option(min=1, help="How many reads to write.")],
    out_file: Annotated[Path, typer.Option("--out", help="The recording.")] = Path("reads.jsonl"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write a realistic recorded stream, with its ground truth beside it."""
    simulation = run_simulation(read_site(site), reads, seed)
    truth = out_file.with_suffix(".truth.jsonl")
    _write_lines(out_file, simulation.reads)
    _write_lines(truth, simulation.truth)
    say(f"{reads} reads in {out_file}, the ground truth in {truth}")


def _replayed(site: Site, reads: Path, folder: Path | None, limits: Path | None) -> Replayed:
    lists: Lists = read_lists(folder, site)
    lists.signs = read_limits(limits)
    try:
        with reads.open("rb") as lines:
            return run_replay(site, lists, recorded_reads(lines))
    except OSError as error:
        msg = f"{reads}: cannot be read: {error.strerror}. Give the path of a recording."
        raise FileError(msg) from error


def _write_events(events: Iterable[RuleEvent]) -> None:
    for event in events:
        sys.stdout.buffer.write(event.to_json() + b"\n")
    sys.stdout.buffer.flush()


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _print_difference(changes: Difference) -> None:
    """One JSON a line: what the other site file would remove, add and judge otherwise."""
    for event in changes.removed:
        _print_change("removed", event, None)
    for event in changes.added:
        _print_change("added", None, event)
    for before, after in changes.changed:
        _print_change("changed", before, after)


def _print_change(change: str, before: RuleEvent | None, after: RuleEvent | None) -> None:
    sides = {
        name: None if event is None else json.loads(event.to_json())
        for name, event in (("before", before), ("after", after))
    }
    print(json.dumps({"change": change, **sides}, ensure_ascii=False))


def _print_plates(result: dict[str, object]) -> None:
    name = str(result["file"])
    if "error" in result:
        say(f"{name}: {result['error']}")
        return
    table = Table("plate", "country", "confidence", title=Text(name), title_justify="left")
    plates = result["plates"]
    for plate in plates if isinstance(plates, list) else ():
        table.add_row(plate["plate"], plate["country"] or "?", f"{plate['confidence']:.3f}")
    out.print(table if table.rows else Text(f"{name}: no plate"))
