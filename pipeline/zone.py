"""A running zone: the stages this process was asked for, its server, and its chores."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from anpr.errors import LogError, StoreError
from anpr.ports import Log
from anpr.sites import Site
from anpr.topics import FRAMES
from pipeline.controls import LOOK as LOOK_AT_CONTROLS
from pipeline.controls import Controls
from pipeline.server import HttpServer, refuse_bare_http
from pipeline.serving import application
from pipeline.settings import RunSettings
from pipeline.stage import Stage
from pipeline.stages import Parts, intake_of, ocr_stages, rule_stages
from pipeline.supervision import Threads
from pipeline.topics import topics_of
from pipeline.watch import LOOK, LineWatch, disk_state
from pipeline.wiring import (
    IMAGES,
    SITE_COPY,
    Now,
    open_database,
    open_log,
    secret_resolver,
)
from sinks.images import FolderImages

log = structlog.get_logger()

WATCH_CAMERAS = timedelta(seconds=2)
LOOK_AT_GROUPS = timedelta(seconds=2)
"""Each process asks for all groups: more often costs the broker more than what it is known for,
whether cameras should wait and how far the stages are behind."""
SWEEP_LOG = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class RunningZone:
    """What somebody who started a zone may use."""

    log: Log
    port: int
    controls: Controls
    store: Engine | None

    @property
    def engine(self) -> Engine:
        """The store. Raises StoreError in a process that needs none."""
        if self.store is None:
            raise StoreError("this process has no store: none of its stages needs one")
        return self.store


@contextmanager
def running(
    site: Site,
    site_text: str,
    settings: RunSettings,
    now: Now,
    secret: Callable[[str], str] | None = None,
) -> Iterator[RunningZone]:
    """Run the asked stages of a zone until the block ends; then stop and close everything."""
    refuse_bare_http(settings)
    data = settings.data
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / SITE_COPY).write_text(site_text, encoding="utf-8")
    with ExitStack() as open_parts:
        log_ = open_parts.enter_context(closing(open_log(data, settings.mode, now, LOOK_AT_GROUPS)))
        log_.create(topics_of(site, settings))
        engine = _store(settings, open_parts)
        parts = Parts(
            site=site,
            settings=settings,
            now=now,
            secret=secret or secret_resolver(),
            log=log_,
            images=FolderImages(data / IMAGES),
            controls=Controls(log_),
        )
        threads = Threads()
        stages = _stages(parts, engine, threads, open_parts)
        watch = LineWatch(log_, stages, now)
        threads.every("watch", LOOK, watch.look, first=timedelta(0))
        threads.every("disk", LOOK, lambda: disk_state(data), first=timedelta(0))
        threads.every("controls", LOOK_AT_CONTROLS, parts.controls.refresh)
        open_parts.callback(threads.join)
        port = _serve(parts, engine, threads, watch, open_parts)
        # After the server: a camera that comes back at once must not look silent to a stage.
        for number, stage in enumerate(stages):
            threads.start(f"{stage.spec.name}-{number}", stage.run)
        log.info("zone_runs", site=site.site.name, stages=sorted(settings.stages))
        yield RunningZone(log_, port, parts.controls, engine)
        log.info("zone_stops", site=site.site.name)


def _store(settings: RunSettings, open_parts: ExitStack) -> Engine | None:
    """Open the store where a stage rests on it; the others start and go on without it."""
    if not settings.needs_store:
        return None
    engine = open_database(settings.data, settings.mode)
    open_parts.callback(engine.dispose)
    return engine


def _stages(
    parts: Parts, engine: Engine | None, threads: Threads, closing_parts: ExitStack
) -> Sequence[Stage]:
    """Make the stages that were asked for, and start the chores that go with them."""
    asked = parts.settings.stages
    stages: list[Stage] = []
    if "ocr" in asked:
        stages += ocr_stages(parts)
    if "rules" in asked:
        stages += rule_stages(parts)
    if engine is not None and "sinks" in asked:
        from pipeline.sinking import start_sinks

        stages += start_sinks(parts, engine, threads, closing_parts)
    threads.every("log", SWEEP_LOG, lambda: parts.log.sweep(parts.now()))
    return stages


def _serve(
    parts: Parts, engine: Engine | None, threads: Threads, watch: LineWatch, open_parts: ExitStack
) -> int:
    """Serve what was asked for; return the port. The server stops before the stages do."""
    ready = partial(_readiness, parts, engine, threads, watch)
    stopping = threading.Event()
    intake = intake_of(parts) if "ingest" in parts.settings.stages else None
    if intake is not None:
        threads.every("cameras", WATCH_CAMERAS, intake.tick)
    server = HttpServer(application(parts, engine, intake, ready, stopping), parts.settings)
    open_parts.callback(server.stop)
    open_parts.callback(stopping.set)
    server.start()
    return server.port


def _readiness(
    parts: Parts, engine: Engine | None, threads: Threads, watch: LineWatch
) -> Mapping[str, str]:
    """Name what the stages of this process need, with "ok" or what is wrong with it."""
    settings, dead = parts.settings, threads.dead()
    checks = {
        "threads": f"ended: {', '.join(dead)}" if dead else "ok",
        **_log_state(parts),
        **watch.checks(),
    }
    if settings.needs_disk:
        checks["disk"] = disk_state(settings.data)
    if engine is not None:
        checks["store"] = _store_state(engine)
    return checks


def _log_state(parts: Parts) -> Mapping[str, str]:
    try:
        waiting = sum(parts.log.backlog("ocr", FRAMES).values())
    except LogError:
        return {"log": "does not answer"}
    if "ingest" not in parts.settings.stages:
        return {"log": "ok"}
    is_behind = waiting >= parts.settings.max_backlog
    return {"log": "ok", "frames": f"{waiting} wait to be read" if is_behind else "ok"}


def _store_state(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return f"cannot be asked: {type(error).__name__}"
    return "ok"
