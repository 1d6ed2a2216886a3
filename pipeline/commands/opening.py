"""What the verbs open: the log and the store of a zone, wherever they are, as somebody who may."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from anpr.errors import AccessDeniedError, UnknownAccountError
from anpr.ports import Log
from anpr.sites import Site
from pipeline.clock import now
from pipeline.commands.terminal import FileError, read_site, read_text
from pipeline.settings import DEFAULT_ZONE, Mode, RunSettings
from pipeline.topics import topics_of
from pipeline.wiring import SITE_COPY, open_database, open_log, secret_resolver
from sinks.store.people import Account, authenticate_token
from sinks.store.rights import Right

KAFKA, KAFKA_SECURITY, DATABASE, ZONE = (
    "ANPR_KAFKA",
    "ANPR_KAFKA_SECURITY",
    "ANPR_DATABASE",
    "ANPR_ZONE",
)
"""The variables that say where a zone on many machines keeps its log and store."""


def mode_of(environ: Mapping[str, str]) -> Mode:
    """Tell where the log and the store are. Raises FileError, SecretError."""
    security = environ.get(KAFKA_SECURITY)
    return mode(
        environ.get(KAFKA),
        Path(security) if security else None,
        environ.get(DATABASE),
        environ.get(ZONE) or DEFAULT_ZONE,
    )


def mode(kafka: str | None, security: Path | None, database: str | None, zone: str) -> Mode:
    """Resolve the secrets of a mode: `env:` and `file:` references may stand for any text.

    `security` is a TOML file of SASL and TLS settings. Raises FileError, SecretError.
    """
    secret = secret_resolver()

    def resolved(value: object) -> object:
        is_reference = isinstance(value, str) and value.startswith(("env:", "file:"))
        return secret(str(value)) if is_reference else value

    try:
        settings = tomllib.loads(read_text(security)) if security else {}
    except tomllib.TOMLDecodeError as error:
        msg = f"{security}: not TOML: {error}. Write lines such as security_protocol = 'SSL'."
        raise FileError(msg) from error
    return Mode(
        kafka=kafka or None,
        kafka_security={key: resolved(value) for key, value in settings.items()},
        database=str(resolved(database)) if database else None,
        zone=zone,
    )


@contextmanager
def opened_store(data: Path) -> Iterator[Engine]:
    """Open the store of a data folder, and close it in the end. Raises StoreError."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = open_database(data, mode_of(os.environ))
    try:
        yield engine
    finally:
        engine.dispose()


def site_of(data: Path, given: Path | None = None) -> Site:
    """Read the site that runs on a data folder, or the given one. Raises FileError, SiteError."""
    if given is None and not (data / SITE_COPY).exists():
        msg = f"no zone has run on {data} yet, so give its site file with --site"
        raise FileError(msg)
    return read_site(given or data / SITE_COPY)


@contextmanager
def opened_log(data: Path, site: Site) -> Iterator[Log]:
    """Open the log of a zone, and close it in the end. The zone may be running on it."""
    log = open_log(data, mode_of(os.environ), now)
    try:
        log.create(topics_of(site, RunSettings(data)))
        yield log
    finally:
        log.close()


def acting_account(engine: Engine, right: Right) -> Account:
    """Recognise the account of ANPR_TOKEN. Raises UnknownAccountError, AccessDeniedError."""
    token = os.environ.get("ANPR_TOKEN", "")
    with engine.connect() as connection:
        account = authenticate_token(connection, token) if token else None
    if account is None:
        msg = "set ANPR_TOKEN to your personal token; `anpr user token NAME` makes one"
        raise UnknownAccountError(msg)
    if right not in account.rights:
        msg = f"account {account.name!r} lacks the right {right!r}; ask for a role that has it"
        raise AccessDeniedError(msg)
    return account
