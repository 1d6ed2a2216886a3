"""The verbs that need no running zone: read, replay, check, simulate."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from anpr.errors import Problem
from anpr.events import RuleEvent
from anpr.lists import Lists
from anpr.sites import Site
from pipeline.backtest import Backtest, Effect, Pair, backtest
from pipeline.check import draw
from pipeline.collector import search_seldom
from pipeline.commands.terminal import FileError, Models, SiteFile, err, out, read_site, say
from pipeline.replay import Zone, read_limits, read_lists, recorded_reads
from pipeline.replay import replay as run_replay
from pipeline.simulate import simulate as run_simulation
from pipeline.simulation.comparison import compare, read_truth
from pipeline.simulation.traffic import Demand

USUAL = Demand()
FIRST_DAY = datetime.combine(USUAL.start, time())


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
    models: Models = None,
) -> None:
    """Read the plates on photographs."""
    from ocr.files import read_files  # noqa: PLC0415 - loads the networks; other verbs need none
    from ocr.reader import still_reader  # noqa: PLC0415
    from ocr.weights import SHIPPED, Weights  # noqa: PLC0415

    failed = False
    for result in read_files(images, still_reader(weights=Weights(models or SHIPPED))):
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
    truth: Annotated[
        Path | None, typer.Option(help="What simulate wrote beside them: print what was found.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another site file: print what it would change.")
    ] = None,
    against_lists: Annotated[
        Path | None, typer.Option(help="Other lists: print what they would change.")
    ] = None,
    against_limits: Annotated[
        Path | None, typer.Option(help="Other displayed limits: print what they would change.")
    ] = None,
) -> None:
    """Run the rules over recorded reads and write their events, one JSON a line.

    With `--against`, `--against-lists` or `--against-limits` the differences are written instead,
    and a summary of them on stderr. With `--truth`, what was found of it, and why not, on stderr.
    """
    search_seldom()
    zone = read_site(site)
    held = _lists(zone, lists, limits)
    truths = read_truth(truth) if truth else []
    if not (against or against_lists or against_limits):
        with _recording(reads) as lines:
            replayed = run_replay(zone, held, recorded_reads(lines))
        _tell_refused(replayed.problems)
        _write_events(replayed.events)
        for table in compare(truths, replayed.events).tables() if truths else ():
            err.print(table)
        return
    other = read_site(against) if against else zone
    others = _lists(other, against_lists or lists, against_limits or limits)
    with _recording(reads) as lines:
        tested = backtest(Zone(zone, held), Zone(other, others), recorded_reads(lines))
    _tell_refused(tested.problems)
    for pair in tested.pairs:
        _print_pair(pair)
    _summarise(tested)


def simulate(
    site: SiteFile,
    reads: Annotated[
        int | None, typer.Option(min=1, help="How many reads to write; or give --days.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How many days to write.")] = None,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day; it starts at 6:00.")
    ] = FIRST_DAY,
    trips: Annotated[
        float, typer.Option(min=1, help="Trips past a camera on a working day.")
    ] = USUAL.trips,
    listed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of local vehicles on the hotlist.")
    ] = USUAL.listed,
    out_file: Annotated[Path, typer.Option("--out", help="The recording.")] = Path("reads.jsonl"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write a realistic recorded stream; beside it its ground truth, and its lists as CSV."""
    if (reads is None) == (days is None):
        msg = "give --reads or --days, one of both"
        raise typer.BadParameter(msg)
    demand = Demand(reads, days, start.date(), trips, listed)
    simulation = run_simulation(read_site(site), demand=demand, seed=seed)
    truth, lists = out_file.with_suffix(".truth.jsonl"), out_file.with_suffix(".lists")
    written = 0
    with (
        out_file.open("w", encoding="utf-8") as to_reads,
        truth.open("w", encoding="utf-8") as to_truth,
    ):
        for is_truth, line in simulation.lines:
            (to_truth if is_truth else to_reads).write(f"{line}\n")
            written += not is_truth
    lists.mkdir(exist_ok=True)
    for name, text in simulation.lists.items():
        (lists / f"{name}.csv").write_text(text, encoding="utf-8")
    say(f"{written} reads in {out_file}, the ground truth in {truth}, the lists in {lists}")


def _lists(site: Site, folder: Path | None, limits: Path | None) -> Lists:
    lists = read_lists(folder, site)
    lists.signs = read_limits(limits)
    return lists


@contextmanager
def _recording(path: Path) -> Iterator[Iterable[bytes]]:
    try:
        with path.open("rb") as lines:
            yield lines
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}. Give the path of a recording."
        raise FileError(msg) from error


def _tell_refused(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say(f"refused: {problem}")


def _write_events(events: Iterable[RuleEvent]) -> None:
    for event in events:
        sys.stdout.buffer.write(event.to_json() + b"\n")
    sys.stdout.buffer.flush()


def _print_pair(pair: Pair) -> None:
    """One JSON a line: an event on both sides, and what the difference does to the cases."""
    sides = {
        name: None if event is None else json.loads(event.to_json())
        for name, event in (("before", pair.before), ("after", pair.after))
    }
    line = {"change": pair.change, "case": pair.effect.value, **sides}
    print(json.dumps(line, ensure_ascii=False))


def _summarise(tested: Backtest) -> None:
    """Tell, rule by rule, how the cases differ, and which judgements turned into which."""
    table = Table("rule", "before", "added", "removed", "after", "judged otherwise", title="Cases")
    turned = Table("rule", "before", "after", "times", title="Judgements")
    rules = {*tested.before, *tested.after, *(pair.rule for pair in tested.pairs)}
    for rule in sorted(rules):
        effects = tested.effects(rule)
        counts = (
            tested.before[rule], effects[Effect.ADDED], effects[Effect.REMOVED],
            tested.after[rule], effects[Effect.CHANGED],
        )  # fmt: skip
        table.add_row(rule, *map(str, counts))
    for (rule, before, after), times in sorted(tested.turns.items()):
        turned.add_row(rule, before, after, str(times))
    for one in (table, turned):
        if one.rows:
            err.print(one)
    if not tested.pairs:
        say("nothing is judged otherwise")


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
