"""A running zone: the stages this process was asked for, its server, and its chores."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from anpr.errors import LogError
from anpr.ports import Log
from anpr.sites import Site
from anpr.topics import FRAMES
from console.context import Console
from console.oidc import Elsewhere
from pipeline.controls import LOOK as LOOK_AT_CONTROLS
from pipeline.controls import Controls, publish_list
from pipeline.server import HttpServer, refuse_bare_http
from pipeline.settings import RunSettings
from pipeline.stage import Stage
from pipeline.stages import (
    Parts,
    alerts_worker,
    application,
    intake_of,
    ocr_stages,
    rule_stages,
    sink_stages,
)
from pipeline.supervision import Threads
from pipeline.topics import topics_of
from pipeline.watch import LOOK, LineWatch, disk_state
from pipeline.wiring import (
    HEADS,
    HEADS_KEY,
    IMAGES,
    PACKAGES,
    SITE_COPY,
    VAULT,
    Now,
    open_database,
    open_log,
    packer_of,
    secret_resolver,
)
from sinks.actuator import Actuators, actuator_channels
from sinks.alerts.channels import channels_of
from sinks.alerts.delivery import Deliverer
from sinks.alerts.escalation import escalate_due
from sinks.alerts.precision import demote
from sinks.cases.deadlines import watch_deadlines
from sinks.cases.exporting import hear, send_withdrawals
from sinks.delivery.courier import Courier, ways
from sinks.fitness import watch_locks
from sinks.images import FolderImages
from sinks.retention import sweep
from sinks.statistics.flows import FlowRoller
from sinks.statistics.publishing import publish
from sinks.statistics.rolling import roll
from sinks.store.heads import HourlyHeads
from sinks.store.questions import Period
from sinks.store.vault import open_vault

log = structlog.get_logger()

WATCH_CAMERAS = timedelta(seconds=2)
WATCH_ALERTS = timedelta(seconds=1)
WATCH_REST = 20
"""To look through many open alerts takes a while: it comes seldom then instead of taking part."""
WATCH_LOCKS = timedelta(minutes=1)
ROLL_STATISTICS = timedelta(seconds=5)
ROLL_HOURS = timedelta(seconds=10)
PUBLISH = timedelta(minutes=10)
PUBLISH_BACK = timedelta(days=2)
"""How far back tables are looked after: what comes later corrects none by itself any more."""
ROLL_REST = 20
"""Each roll counts whole windows: under a flood of rows it comes seldom instead of taking part."""
LOOK_AT_HEADS = timedelta(seconds=5)
SWEEP_LOG = timedelta(seconds=30)
SWEEP_STORE = timedelta(days=1)
FIRST_SWEEP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RunningZone:
    """What somebody who started a zone may use."""

    log: Log
    engine: Engine
    port: int
    controls: Controls


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
        log_ = open_parts.enter_context(closing(open_log(data, settings.mode, now)))
        log_.create(topics_of(site, settings))
        engine = open_database(data, settings.mode)
        open_parts.callback(engine.dispose)
        parts = Parts(
            site=site,
            settings=settings,
            now=now,
            secret=secret or secret_resolver(),
            log=log_,
            engine=engine,
            images=FolderImages(data / IMAGES),
            controls=Controls(log_),
        )
        threads = Threads()
        stages = _stages(parts, threads, open_parts)
        watch = LineWatch(log_, stages, now)
        threads.every("watch", LOOK, watch.look, first=timedelta(0))
        threads.every("disk", LOOK, lambda: disk_state(data), first=timedelta(0))
        threads.every("controls", LOOK_AT_CONTROLS, parts.controls.refresh)
        open_parts.callback(threads.join)
        port = _serve(parts, threads, watch, open_parts)
        # After the server: a camera that comes back at once must not look silent to a stage.
        for number, stage in enumerate(stages):
            threads.start(f"{stage.spec.name}-{number}", stage.run)
        log.info("zone_runs", site=site.site.name, stages=sorted(settings.stages))
        yield RunningZone(log_, engine, port, parts.controls)
        log.info("zone_stops", site=site.site.name)


def _stages(parts: Parts, threads: Threads, closing_parts: ExitStack) -> Sequence[Stage]:
    """Make the stages that were asked for, and start the chores that go with them."""
    asked, now = parts.settings.stages, parts.now
    stages: list[Stage] = []
    if "ocr" in asked:
        stages += ocr_stages(parts)
    if "rules" in asked:
        stages += rule_stages(parts)
    if "sinks" in asked:
        deliverer = Deliverer(parts.engine, channels_of(parts.site, parts.secret, now), now)
        actuators = Actuators(
            parts.engine, parts.site, actuator_channels(parts.site, parts.secret, now), now
        )
        closing_parts.callback(actuators.close)
        alerts = alerts_worker(parts, deliverer)
        stages += sink_stages(parts, alerts, actuators)
        threads.every("lapsed", WATCH_ALERTS, alerts.recall_lapsed, rest=WATCH_REST)
        threads.every("escalations", WATCH_ALERTS, lambda: _escalate(parts, deliverer))
        threads.every("precision", WATCH_LOCKS, lambda: demote(parts.engine, parts.site, now()))
        threads.start("deliverer", deliverer.run)
        courier = Courier(parts.engine, ways(parts.site, parts.secret, now), now, hear)
        threads.start("courier", courier.run)
        threads.every("statistics", ROLL_STATISTICS, lambda: roll(parts.engine), rest=ROLL_REST)
        hours = FlowRoller(parts.engine, parts.site)
        threads.every("flows", ROLL_HOURS, hours.roll, first=ROLL_STATISTICS, rest=ROLL_REST)
        threads.every("publish", PUBLISH, lambda: _publish(parts), rest=ROLL_REST)
        threads.every("locks", WATCH_LOCKS, lambda: watch_locks(parts.engine, parts.site, now()))
        threads.every("cases", WATCH_LOCKS, partial(_see_to_cases, parts))
        threads.every(
            "retention",
            SWEEP_STORE,
            lambda: sweep(parts.engine, parts.images, parts.site.retention, now()),
            first=FIRST_SWEEP,
        )
        threads.every("heads", LOOK_AT_HEADS, _heads(parts).look, first=timedelta(0))
    threads.every("log", SWEEP_LOG, lambda: parts.log.sweep(now()))
    return stages


def _publish(parts: Parts) -> None:
    """Publish the tables that the site asks for, as they become complete."""
    until = parts.now()
    for table in parts.site.statistics.publish:
        publish(parts.engine, parts.site, table, Period(until - PUBLISH_BACK, until), until)


def _see_to_cases(parts: Parts) -> None:
    """Count the deadlines that run out, and tell receivers of what no longer stands."""
    data, now = parts.settings.data, parts.now()
    watch_deadlines(parts.engine, parts.site, now)
    packer = packer_of(parts.site, data, parts.secret)
    send_withdrawals(parts.engine, parts.site, packer, data / PACKAGES, now)


def _escalate(parts: Parts, deliverer: Deliverer) -> None:
    """Send on what nobody took up, at once."""
    if escalate_due(parts.engine, parts.site, parts.now()):
        deliverer.wake()


def _heads(parts: Parts) -> HourlyHeads:
    """Leave signed heads of the audit where the site says."""
    data, told = parts.settings.data, parts.site.audit.heads
    heads = Path(told) if told else data / HEADS
    return HourlyHeads(parts.engine, data / HEADS_KEY, heads, parts.now)


def _serve(parts: Parts, threads: Threads, watch: LineWatch, open_parts: ExitStack) -> int:
    """Serve what was asked for; return the port. The server stops before the stages do."""
    intake = intake_of(parts) if "ingest" in parts.settings.stages else None
    if intake is not None:
        threads.every("cameras", WATCH_CAMERAS, intake.tick)
    stopping = threading.Event()
    login = parts.site.login
    console = Console(
        engine=parts.engine,
        images=parts.images,
        site=parts.site,
        lists=parts.controls.newest,
        now=parts.now,
        ready=lambda: _readiness(parts, threads, watch),
        publish=partial(publish_list, parts.log),
        vault=open_vault(parts.settings.data / VAULT),
        secure_cookies=parts.settings.secure,
        is_stopping=stopping.is_set,
        elsewhere=Elsewhere(login, parts.secret, parts.now) if login else None,
        packer=packer_of(parts.site, parts.settings.data, parts.secret),
        packages=parts.settings.data / PACKAGES,
    )
    server = HttpServer(application(console, intake, parts.settings), parts.settings)
    open_parts.callback(server.stop)
    open_parts.callback(stopping.set)
    server.start()
    return server.port


def _readiness(parts: Parts, threads: Threads, watch: LineWatch) -> Mapping[str, str]:
    """Name what the stages of this process need, with "ok" or what is wrong with it."""
    settings, dead = parts.settings, threads.dead()
    checks = {
        "threads": f"ended: {', '.join(dead)}" if dead else "ok",
        **_log_state(parts),
        **watch.checks(),
    }
    if settings.needs_disk:
        checks["disk"] = disk_state(settings.data)
    if settings.needs_store:
        checks["store"] = _store_state(parts.engine)
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
