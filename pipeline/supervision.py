"""Threads that are started together and stopped together."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

log = structlog.get_logger()


class Threads:
    """Everything that runs beside the main thread; one event stops it all."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, name: str, run: Callable[[threading.Event], None]) -> None:
        """Start a loop that ends when the event is set."""
        thread = threading.Thread(target=run, args=(self.stop,), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def every(
        self,
        name: str,
        period: timedelta,
        act: Callable[[], object],
        first: timedelta | None = None,
        rest: int = 0,
    ) -> None:
        """Do something again and again, first after `first`; a failure does not end it.

        What takes long rests `rest` times as long, where that is longer than the period.
        """

        def run(stop: threading.Event) -> None:
            wait_s = (period if first is None else first).total_seconds()
            while not stop.wait(wait_s):
                begun = time.monotonic()
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - the outermost ring of this thread
                    log.warning("chore_failed", chore=name, error=type(error).__name__)
                wait_s = max(period.total_seconds(), rest * (time.monotonic() - begun))

        self.start(name, run)

    def join(self, timeout_s: float = 30) -> None:
        """Stop everything and wait for it."""
        self.stop.set()
        for thread in self._threads:
            thread.join(timeout_s)
            if thread.is_alive():
                log.warning("thread_does_not_end", thread=thread.name)
        self._threads.clear()

    def dead(self) -> list[str]:
        """Name the threads that ended without being told to."""
        if self.stop.is_set():
            return []
        return [thread.name for thread in self._threads if not thread.is_alive()]
