"""The mode switch: the only place that knows where a zone keeps its log and its store."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from anpr.ports import Log
from anpr.secrets import resolve
from anpr.sites import Site
from pipeline.logs.kafka import KafkaLog
from pipeline.logs.kafka_client import REFRESH, KafkaSettings
from pipeline.logs.sqlite import SqliteLog
from pipeline.settings import Mode
from sinks.store.engine import open_store
from sinks.store.sealing import with_vault
from sinks.store.vault import open_vault

if TYPE_CHECKING:
    from sinks.evidence.packing import Packer

SITE_COPY = "site.toml"
"""In the data folder: the site that runs there, for the verbs that are given only the folder."""

IMAGES = "images"
HEADS, HEADS_KEY = "audit-heads.jsonl", "heads.key"
"""In the data folder: signed heads of the audit where the site names no other place; their key."""

KEYS, PACKAGES = "keys", "packages"
"""In the data folder: the keys that sign evidence, and the packages made with them."""

VAULT = "vault.key"
"""In the data folder: what seals second factors and searched plates in the store."""

Now = Callable[[], datetime]


def open_log(data: Path, mode: Mode, now: Now, refresh: timedelta = REFRESH) -> Log:
    """Open the log: in the data folder, or on the brokers. Raises LogError.

    `refresh`: how often brokers are asked how far the groups are.
    """
    if mode.kafka is None:
        return SqliteLog(data / "log", now)
    return KafkaLog(
        KafkaSettings(
            mode.kafka, prefix=f"{mode.zone}.", security=mode.kafka_security, refresh=refresh
        )
    )


def open_database(data: Path, mode: Mode) -> Engine:
    """Open the store: in the data folder, or on the database server. Raises StoreError."""
    vault = open_vault(data / VAULT)
    if mode.database is None:
        engine = open_store(f"sqlite:///{(data / 'store.db').absolute()}")
    else:
        engine = open_store(mode.database, mode.zone)
    return with_vault(engine, vault)


def secret_resolver(environ: Mapping[str, str] = os.environ) -> Callable[[str], str]:
    """Give the function that resolves `env:` and `file:` references."""
    return partial(
        resolve, environ=environ, read_text=lambda path: Path(path).read_text(encoding="utf-8")
    )


def packer_of(site: Site, data: Path, secret: Callable[[str], str]) -> "Packer":
    """Give what packs the cases of a zone."""
    from sinks.evidence.packing import Packer

    return Packer(data / KEYS, site.evidence, secret)
