"""What goes with a batch of packages, also of one that was interrupted: a journal until it ends.

A row is written down before its case is called exported. Whatever ends an export in between, the
next one finds the rows, leaves out those of cases that were not exported, and tells them all.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from anpr.sites import Site
from sinks.cases.ledger import touched
from sinks.cases.life import SENT
from sinks.evidence.exporting import write_batch
from sinks.evidence.report.batch import Row

JOURNAL = ".batch.jsonl"
TOGETHER = 500


class Batch:
    """What is being exported into a folder; `also` gets a copy of everything."""

    def __init__(self, folder: Path, also: Path | None = None) -> None:
        self._folder, self._also = folder, also
        self._journal = folder / JOURNAL

    def add(self, row: Row, package: Path) -> None:
        """Take a package up, before its case is called exported."""
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(
                f"\n{json.dumps(row)}"
            )  # whatever was cut before stands on a line of its own
        self._copy(package)

    def drop(self, package: Path) -> None:
        """Leave out a package whose case was changed meanwhile."""
        package.unlink()
        if self._also is not None:
            (self._also / package.name).unlink()

    def end(self, engine: Engine, site: Site, now: datetime) -> None:
        """Write what goes with the packages, and begin another batch."""
        rows = self._rows(engine)
        if len(rows):
            language = site.evidence.language
            for path in write_batch(rows, self._folder, site.site, language, now):
                self._copy(path)
        self._journal.unlink(missing_ok=True)

    def _copy(self, path: Path) -> None:
        if self._also is not None:
            self._also.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._also / f".{path.name}"
            shutil.copy2(path, beside)
            beside.replace(self._also / path.name)

    def _rows(self, engine: Engine) -> "_Written":
        """Give the rows of what was exported, each case once, as it went last."""
        places = _places(self._journal)
        ids = list(places)
        gone: set[str] = set()
        with engine.connect() as connection:
            for at in range(0, len(ids), TOGETHER):
                known = touched(connection, ids[at : at + TOGETHER]).items()
                gone.update(id_ for id_, case in known if case.state in SENT)
        return _Written(self._journal, [at for id_, at in places.items() if id_ in gone])


@dataclass(frozen=True, slots=True)
class _Written:
    """The rows that stand at some places of a journal, read as they are walked over."""

    journal: Path
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Row]:
        with self.journal.open("rb") as file:
            for at in self.places:
                file.seek(at)
                yield json.loads(file.readline())


def _places(journal: Path) -> dict[str, int]:
    """Tell where in a journal the last row of each case begins."""
    places: dict[str, int] = {}
    if not journal.exists():
        return places
    at = 0
    with journal.open("rb") as file:
        for line in file:
            with suppress(ValueError):  # cut while it was written: its case was not exported
                places[json.loads(line)["case"]] = at
            at += len(line)
    return places
