"""How a zone is run: what the command line decides, and the figures that go with it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

STAGES = ("ingest", "ocr", "rules", "sinks", "console")
"""What a process can be asked to run; all of it without being asked."""

DEFAULT_ZONE = "zone"
DEFAULT_OCR_WORKERS = max(1, min(4, (os.cpu_count() or 2) - 1))


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate and key files that the server presents."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Mode:
    """Where a zone's log and store are: in the data folder, or on servers that many share.

    `kafka` is HOST:PORT of brokers, `kafka_security` their SASL and TLS settings, `database` a
    PostgreSQL URL; all with secrets resolved. `zone` keeps the zones of one cluster apart: it is
    the prefix of topics and groups, and the schema of the tables.
    """

    kafka: str | None = None
    kafka_security: Mapping[str, object] = field(default_factory=dict, repr=False)
    database: str | None = field(default=None, repr=False)
    zone: str = DEFAULT_ZONE


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One process of a zone.

    `models`: a folder of weights to read with, instead of the shipped ones.
    `frame_budget`: of frames that waited longer, those between two that say the same go unread.
    `max_backlog`: so many frames may wait to be read before cameras are told to come back later.
    `secure`: people reach the server over HTTPS, its own or a proxy's.
    """

    data: Path
    mode: Mode = Mode()
    host: str = "127.0.0.1"
    port: int = 8000
    tls: Tls | None = None
    behind_proxy: bool = False
    stages: frozenset[str] = frozenset(STAGES)
    ocr_workers: int = DEFAULT_OCR_WORKERS
    models: Path | None = None
    frame_budget: timedelta | None = None
    max_backlog: int = 10_000
    partitions: int = 8
    frames_kept: timedelta = timedelta(days=1)
    events_kept: timedelta = timedelta(days=7)

    @property
    def needs_store(self) -> bool:
        """Whether its work rests on the store; other stages go on while the database is away."""
        return not self.stages.isdisjoint(("sinks", "console"))

    @property
    def needs_disk(self) -> bool:
        """Whether it writes to the data folder: images, or a log or a store that lies there."""
        return self.mode.kafka is None or self.needs_store or "ocr" in self.stages

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over HTTPS alone."""
        return self.tls is not None or self.behind_proxy
