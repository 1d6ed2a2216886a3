"""Replay: the rules over recorded reads, in memory; the same input always gives the same bytes."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from anpr.errors import ListError, Problem, ProblemsError, UnreadableMessageError
from anpr.events import PlateRead, RuleEvent
from anpr.list_file import parse_list
from anpr.lists import Lists, PlateList
from anpr.signs import DisplayedLimit, Signs
from anpr.sites import Site
from pipeline.registries import registries_of
from pipeline.workers import why_invalid
from rules.all import rules_of
from rules.engine import Change
from rules.folds import PassageFold, RuleFold, published


@dataclass(frozen=True, slots=True)
class RecordedRead:
    """A read of a recording, or why its line is not one."""

    line: int
    read: PlateRead | None
    problem: Problem | None = None


def recorded_reads(lines: Iterable[bytes | str]) -> Iterator[RecordedRead]:
    """Parse a recording, one PlateRead a line, in order of arrival.

    A missing `received_at` is the greatest `captured_at` so far.
    """
    latest: datetime | None = None
    for number, line in enumerate(lines, start=1):
        text = line.encode() if isinstance(line, str) else line
        if not text.strip():
            continue
        try:
            read = PlateRead.model_validate_json(text.removeprefix(BOM_UTF8))
        except ValidationError as error:
            problem = Problem(f"line {number}", why_invalid(error), "Mend or delete the line.")
            yield RecordedRead(number, None, problem)
            continue
        latest = max(latest or read.captured_at, read.captured_at)
        if read.received_at is None:
            read = read.model_copy(update={"received_at": latest})
        yield RecordedRead(number, read)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay gave: the last revision of each event that stands, and the refused lines."""

    events: tuple[RuleEvent, ...]
    problems: tuple[Problem, ...]


class Zone:
    """A site's rules over reads in memory: both folds, one after the other."""

    def __init__(self, site: Site, lists: Lists) -> None:
        self._passages = PassageFold(site)
        self._rules = RuleFold(site, rules_of(site, registries=registries_of(site)), lists)

    def take(self, read: PlateRead, offset: int) -> list[Change[RuleEvent]]:
        """Lead a read through both folds, as the log's two keyed hops do.

        Raises UnreadableMessageError.
        """
        return [
            judged
            for change in self._passages.take(read, offset)
            for passage in published(change)
            for judged in self._rules.take(passage, offset)
        ]


def replay(site: Site, lists: Lists, reads: Iterable[RecordedRead]) -> Replayed:
    """Run every rule of a site over recorded reads; events sorted by (`at`, `id`)."""
    zone = Zone(site, lists)
    last: dict[str, RuleEvent] = {}
    problems: list[Problem] = []
    for offset, recorded in enumerate(reads):
        if recorded.read is None:
            problems += [recorded.problem] if recorded.problem else []
            continue
        try:
            for _, event in zone.take(recorded.read, offset):
                if event.revision >= last.get(event.id, event).revision:
                    last[event.id] = event
        except UnreadableMessageError as error:
            problems.append(Problem(f"line {recorded.line}", str(error), "Mend the recording."))
    standing = (event for event in last.values() if not event.withdrawn)
    return Replayed(
        tuple(sorted(standing, key=lambda event: (event.at, event.id))), tuple(problems)
    )


def read_lists(folder: Path | None, site: Site) -> Lists:
    """Read every CSV of a folder as a list named after it. Raises ListError with all problems.

    A list of permits that is not there is an empty one: a recording comes with all its lists.
    """
    nobody = [PlateList(name, 0, None, ()) for name in site.permit_lists]
    if folder is None:
        return Lists(nobody)
    problems: list[Problem] = []
    lists: list[PlateList] = []
    if not folder.is_dir():
        problems.append(Problem("--lists", "it is no folder", "Give the one with the CSV files."))
    for path in sorted(folder.glob("*.csv")):
        try:
            entries = parse_list(path.read_text("utf-8-sig"), path.stem, site.site.zone)
        except (OSError, UnicodeDecodeError) as error:
            what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            problems.append(Problem(path.name, f"cannot be read: {what}", "Save it as UTF-8."))
            continue
        except ProblemsError as error:
            problems += [
                Problem(f"{path.name}, {p.where}", p.what, p.remedy) for p in error.problems
            ]
            continue
        lists.append(PlateList(path.stem, 1, None, entries))
    if problems:
        raise ListError(str(folder), problems)
    return Lists([*nobody, *lists])


def read_limits(path: Path | None) -> Signs:
    """Read displayed limits, one JSON a line. Raises ListError with all problems."""
    if path is None:
        return Signs()
    limits: list[tuple[int, DisplayedLimit]] = []
    problems: list[Problem] = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problem = Problem("--limits", f"cannot be read: {what}", "Give the path of a text file.")
        raise ListError(str(path), [problem]) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            limits.append((number, DisplayedLimit.model_validate_json(line)))
        except ValidationError as error:
            problems.append(Problem(f"line {number}", why_invalid(error), "Mend or delete it."))
    if problems:
        raise ListError(str(path), problems)
    return Signs(limits)
