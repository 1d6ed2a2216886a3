"""What goes with a batch of packages, also of one that was interrupted: a journal until it ends.

A row is written down before its case is called exported. Whatever ends an export in between, the
next one finds the rows, leaves out those of cases that were not exported, and tells them all.
"""

import json
import shutil
from contextlib import suppress
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
        if rows:
            language = site.evidence.language
            for path in write_batch(rows, self._folder, site.site.name, language, now):
                self._copy(path)
        self._journal.unlink(missing_ok=True)

    def _copy(self, path: Path) -> None:
        if self._also is not None:
            self._also.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._also / f".{path.name}"
            shutil.copy2(path, beside)
            beside.replace(self._also / path.name)

    def _rows(self, engine: Engine) -> list[Row]:
        """Give the rows of what was exported, each case once, as it went last."""
        if not self._journal.exists():
            return []
        told: dict[str, Row] = {}
        for line in self._journal.read_text("utf-8").splitlines():
            with suppress(ValueError):  # cut while it was written: its case was not exported
                row = json.loads(line)
                told[row["case"]] = row
        ids = list(told)
        with engine.connect() as connection:
            known = [
                touched(connection, ids[at : at + TOGETHER]) for at in range(0, len(ids), TOGETHER)
            ]
        gone = {id_ for some in known for id_, case in some.items() if case.state in SENT}
        return [row for id_, row in told.items() if id_ in gone]
