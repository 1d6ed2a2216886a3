"""How a zone is run: what the command line decides, and the figures that go with it."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

STAGES = ("ingest", "ocr", "rules", "sinks", "console")
"""What a process can be asked to run; all of it without being asked."""

DEFAULT_OCR_WORKERS = max(1, min(4, (os.cpu_count() or 2) - 1))


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate and key files that the server presents."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One process of a zone.

    `max_backlog`: so many frames may wait to be read before cameras are told to come back later.
    `secure`: people reach the server over HTTPS, its own or a proxy's.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    tls: Tls | None = None
    behind_proxy: bool = False
    stages: frozenset[str] = frozenset(STAGES)
    ocr_workers: int = DEFAULT_OCR_WORKERS
    max_backlog: int = 10_000
    partitions: int = 8
    frames_kept: timedelta = timedelta(days=1)
    events_kept: timedelta = timedelta(days=7)

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over HTTPS alone."""
        return self.tls is not None or self.behind_proxy
