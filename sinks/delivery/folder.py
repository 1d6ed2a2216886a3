"""A receiver that is a folder: a share, or a place that another program empties."""

import os
from hashlib import sha256
from pathlib import Path

from sinks.delivery.ledger import State
from sinks.delivery.way import RECEIPT, Outcome, receipt_in


class FolderWay:
    """A `Way` into a folder. The folder must be there: a share that is not mounted is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, name: str, content: bytes, key: str) -> Outcome:
        """Write beside, sync, rename, and read what is there."""
        path = self._folder / name
        beside = self._folder / f".{name}.part"
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            there = sha256(path.read_bytes()).digest()
        except OSError as error:
            return Outcome(None, error.strerror or type(error).__name__)
        is_there = there == sha256(content).digest()
        return (
            Outcome(State.SENT) if is_there else Outcome(None, "what is there is not what was sent")
        )

    def answer(self, name: str) -> Outcome:
        """Look for a receipt beside the file."""
        try:
            return receipt_in((self._folder / f"{name}{RECEIPT}").read_bytes())
        except FileNotFoundError:
            return Outcome(None)
        except OSError as error:
            return Outcome(None, error.strerror or type(error).__name__)

    def close(self) -> None:
        """Nothing is held."""
