"""Exporting from the console: what is accepted goes in the background, and leaves its lists."""

import re
from functools import partial
from pathlib import Path

from console.background import Progress
from console.context import Console
from console.problems import NothingHereError
from sinks.cases.exporting import count_accepted, export_cases
from sinks.store.people import Account

BATCH = re.compile(r"batch-\d{8}T\d{6}\.\d{6}Z\.(pdf|csv|json)")
"""The names of the files that go with a batch."""

BATCHES_SHOWN = 10


def start_export(console: Console, account: Account) -> Progress:
    """Begin to export what is accepted, unless an export runs already; give how far it is.

    Raises NothingHereError where this process packs nothing.
    """
    if console.packer is None or console.packages is None:
        raise NothingHereError
    with console.engine.connect() as connection:
        begun = Progress(account.name, console.now(), count_accepted(connection))
    go = partial(
        export_cases, console.engine, console.site, console.packer, console.images,
        console.packages, account, begun.started_at,
    )  # fmt: skip
    return console.exports.start(begun, go, console.is_stopping)


def batches(console: Console) -> list[str]:
    """Name the last batches that lie here, newest first."""
    if console.packages is None:
        return []
    found = (one.stem for one in console.packages.glob("batch-*.pdf"))
    return sorted(found, reverse=True)[:BATCHES_SHOWN]


def batch_file(console: Console, name: str) -> Path:
    """Find a file of a batch. Raises NothingHereError."""
    if console.packages is None or BATCH.fullmatch(name) is None:
        raise NothingHereError
    path = console.packages / name
    if not path.is_file():
        raise NothingHereError
    return path
