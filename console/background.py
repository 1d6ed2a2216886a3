"""The export that runs in the background of a console: one at a time, and how far it is."""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread

import structlog

from anpr.errors import AnprError
from sinks.cases.exporting import Sent

log = structlog.get_logger()

SHOWN = 100
"""So many cases are named while they go, newest first; the batch's files name all."""

Going = Callable[[], Generator[Sent]]


@dataclass(slots=True)
class Progress:
    """How far an export is. `failure`: why it ended before its end."""

    account: str
    started_at: datetime
    total: int
    done: int = 0
    failed: int = 0
    is_running: bool = True
    failure: str = ""
    sent: deque[Sent] = field(default_factory=lambda: deque(maxlen=SHOWN))
    problems: deque[Sent] = field(default_factory=lambda: deque(maxlen=SHOWN))

    @property
    def looked_at(self) -> int:
        """How many cases came to something."""
        return self.done + self.failed

    def take(self, one: Sent) -> None:
        """Take up what came of a case."""
        self.done += one.path is not None
        self.failed += one.path is None
        (self.problems if one.path is None else self.sent).appendleft(one)


class Exports:
    """The export that this process runs, or ran last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.progress: Progress | None = None

    def start(self, begun: Progress, go: Going, is_stopping: Callable[[], bool]) -> Progress:
        """Begin an export; of one that runs already, give how far it is."""
        with self._lock:
            if self.progress is not None and self.progress.is_running:
                return self.progress
            self.progress = begun
            run = Thread(target=_run, args=(begun, go, is_stopping), name="export")
            run.daemon = True  # whatever ends it, the next export goes on
            run.start()
            return begun


def _run(progress: Progress, go: Going, is_stopping: Callable[[], bool]) -> None:
    try:
        went = go()
        for one in went:
            progress.take(one)
            if is_stopping():
                went.close()
    except AnprError as error:
        progress.failure = str(error)
    except Exception:  # the outermost ring of its thread
        log.exception("export_failed")
        progress.failure = "it ended unexpectedly; the log says why. Export again."
    finally:
        progress.is_running = False
