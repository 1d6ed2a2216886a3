"""Whether the log and the store can be reached and are as a zone needs them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from anpr.errors import UnknownTopicError
from anpr.ports import Log
from pipeline.doctor.findings import Finding, Patient, failure, warning, well
from pipeline.settings import Mode
from pipeline.topics import topics_of
from pipeline.wiring import open_log
from sinks.store.connections import completed, schema_of
from sinks.store.engine import MIGRATIONS

VERSIONS = "alembic_version"
APART = timedelta(seconds=2)
OLDEST_SERVER = (13, 0)


def topics(patient: Patient) -> Iterator[Finding]:
    """Check that the log answers, and that the topics that exist have the right settings."""
    settings = patient.settings
    if settings.mode.kafka is None and not (settings.data / "log").is_dir():
        yield well("log", f"none in {settings.data} yet: the first start makes it")
        return
    if patient.site is None:
        return
    specs = topics_of(patient.site, settings)
    with closing(open_log(settings.data, settings.mode, patient.now)) as log:
        made = [spec.name for spec in specs if _exists(log, spec.name)]
        changes = log.review(specs)
    where = settings.mode.kafka or settings.data / "log"
    missing = f"; to be made: {len(specs) - len(made)}" if len(made) < len(specs) else ""
    yield well("log", f"{where} answers; topics in order: {len(made)}{missing}")
    if changes:
        told = f"the next start changes topics: {'; '.join(changes)}"
        yield warning("log", told, "Check that this is the site file that the zone runs with.")


def _exists(log: Log, topic: str) -> bool:
    try:
        log.backlog("doctor", topic)
    except UnknownTopicError:
        return False
    return True


def database(patient: Patient) -> Iterator[Finding]:
    """Check that the store answers, is of this program's version, and keeps the same time."""
    mode = patient.settings.mode
    file = patient.settings.data / "store.db"
    if mode.database is None and not file.exists():
        yield well("store", f"none in {patient.settings.data} yet: the first start makes it")
        return
    try:
        engine = _engine(mode, f"sqlite:///file:{file.absolute()}?mode=ro&uri=true")
        with closing(_Disposing(engine)), engine.connect() as connection:
            if mode.database is not None:
                yield from _server(connection, patient.now())
            yield _version(connection, None if mode.database is None else schema_of(mode.zone))
    except (ArgumentError, NoSuchModuleError):
        told = "its URL cannot be used"
        yield failure("store", told, "Write postgresql://USER:PASSWORD@HOST/DATABASE.")
    except DBAPIError as error:
        told = f"it cannot be asked: {str(error.orig).strip().splitlines()[0]}"
        yield failure("store", told, "See that it runs, and that address and password are right.")


def _engine(mode: Mode, sqlite: str) -> Engine:
    if mode.database is None:
        return create_engine(sqlite, hide_parameters=True)
    return create_engine(completed(make_url(mode.database)), hide_parameters=True)


class _Disposing:
    """Closes an engine's connections at the end of a block."""

    def __init__(self, engine: Engine) -> None:
        self.close = engine.dispose


def _server(connection: Connection, now: datetime) -> Iterator[Finding]:
    version = connection.dialect.server_version_info or (0,)
    told = f"PostgreSQL {'.'.join(map(str, version))}"
    if version < OLDEST_SERVER:
        yield failure("store", told, "Upgrade it to 13 or later; 15 is what is tested.")
    else:
        yield well("store", f"{told} answers")
    trigrams = text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
    if connection.scalar(trigrams) is None:
        yield failure("store", "pg_trgm is missing", "Install PostgreSQL's contrib package.")
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs(theirs.astimezone(UTC) - now)
    if apart > APART:
        told = f"the server's clock differs from this machine's by {apart}"
        yield warning("clock", told, "Keep both set with NTP.")


def _version(connection: Connection, schema: str | None) -> Finding:
    """Compare the tables' version with the program's."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    if not inspect(connection).has_table(VERSIONS, schema=schema):
        return well("store", "no tables yet: the first start makes them")
    quoted = f'"{schema}".{VERSIONS}' if schema else VERSIONS
    held = connection.scalar(text(f"SELECT version_num FROM {quoted}"))  # noqa: S608 - a zone's id
    if held == scripts.get_current_head():
        return well("store", f"its tables are of this program's version, {held}")
    if held in {script.revision for script in scripts.walk_revisions()}:
        return warning(
            "store", f"its tables are of version {held}", "The next start upgrades them."
        )
    told = f"its tables are of version {held}, which this program does not know"
    return failure("store", told, "Install the version that made them, or a newer one.")
