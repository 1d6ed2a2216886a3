"""How the stages of a process are joined: each with its workers, and the routes it serves.

What only some processes need, the networks and the decoding of images, is loaded by those.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from anpr.errors import LogError, StoreError
from anpr.ports import Commit, Log, Worker
from anpr.sites import Hours, Site
from anpr.topics import CONTROLS, EVENTS, FRAMES, HEARTBEATS, PASSAGES, READS
from console.app import mount_console, mount_health
from console.context import Console
from console.health import Ready
from pipeline.controls import Controls
from pipeline.registries import registries_of
from pipeline.rejudge import RejudgeWorker
from pipeline.settings import RunSettings
from pipeline.stage import Stage, StageSpec
from pipeline.wiring import Now
from pipeline.workers import PassageWorker, RulesWorker
from rules.all import configured, rules_of
from rules.data import shipped_law
from rules.folds import RuleFold
from rules.hours import holds
from rules.version import written
from sinks.actuator import Actuators, ActuatorWorker
from sinks.alerts.conditions import Terms
from sinks.alerts.delivery import Deliverer
from sinks.alerts.desk import Surroundings
from sinks.alerts.raising import AlertsWorker
from sinks.evidence.keeping import KeepingWorker, case_cameras, keep_rules
from sinks.images import FolderImages
from sinks.store.writer import StoreWorker, StoreWriter

if TYPE_CHECKING:
    from ingest.intake import Intake

OUTAGES = (LogError, StoreError, OperationalError, InterfaceError, OSError)
"""What is waited for: the log, the store or the disk is gone for now."""

RULES_IDLE = timedelta(milliseconds=500)
"""How soon a new version of a list is noticed while no passage comes."""

OCR_FRAMES = 8
"""Frames a reader takes at once: their crops go through the network together."""

READER_OF = {FRAMES: "ocr", READS: "passage"}
"""Who works off what cameras push: its backlog decides whether more is taken."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every stage of a process shares."""

    site: Site
    settings: RunSettings
    now: Now
    secret: Callable[[str], str]
    log: Log
    images: FolderImages
    controls: Controls


def intake_of(parts: Parts) -> "Intake":
    """Join what the camera routes work with."""
    from ingest.intake import Intake, Limits
    from ingest.monitor import HealthMonitor

    return Intake(
        site=parts.site,
        log=parts.log,
        monitor=HealthMonitor(parts.site, parts.now()),
        now=parts.now,
        secret=parts.secret,
        lag=lambda topic: sum(parts.log.backlog(READER_OF[topic], topic).values()),
        limits=Limits(max_backlog=parts.settings.max_backlog),
    )


def application(console: Console | None, intake: "Intake | None", ready: Ready) -> FastAPI:
    """Make the one application: the cameras' routes and the people's, in one OpenAPI document.

    A process that was asked for neither still tells how it is doing.
    """
    app = FastAPI(title="zone-anpr", version=version("zone-anpr"), docs_url=None, redoc_url=None)
    if intake is not None:
        from ingest.http import camera_routes
        from ingest.refusals import answer_refusals
        from ingest.signs import sign_routes

        app.include_router(camera_routes(intake))
        app.include_router(sign_routes(intake))
        answer_refusals(app)
    if console is not None:
        mount_console(app, console)
    else:
        mount_health(app, ready)
    return app


def ocr_stages(parts: Parts) -> list[Stage]:
    """Make the readers: each its own networks, on one thread."""
    from ocr.reader import video_reader
    from ocr.vehicle import classifier_of
    from ocr.weights import SHIPPED, Weights
    from ocr.worker import OcrWorker

    weights = Weights(parts.settings.models or SHIPPED)
    budget = parts.settings.frame_budget

    def is_behind(appended_at: datetime) -> bool:
        return budget is not None and parts.now() - appended_at > budget

    def stage() -> Stage:
        reader = video_reader(parts.site.site.country, weights)
        classifier = classifier_of(weights)
        spec = StageSpec(
            "ocr",
            [FRAMES],
            lambda _: OcrWorker(parts.site, reader, parts.images, is_behind, classifier),
            limit=OCR_FRAMES,
            outages=OUTAGES,
        )
        return Stage(spec, parts.log)

    return [stage() for _ in range(parts.settings.ocr_workers)]


def rule_stages(parts: Parts) -> list[Stage]:
    """Make the two keyed hops: reads to passages, passages to events."""
    site = parts.site
    fold_for = partial(RuleFold, site, rules_of(site, registries=registries_of(site)))
    return [
        Stage(spec, parts.log)
        for spec in (
            StageSpec("passage", [READS], lambda _: PassageWorker(site), outages=OUTAGES),
            StageSpec(
                "rules",
                [PASSAGES],
                lambda commit: RulesWorker(fold_for, parts.controls, commit),
                idle_after=RULES_IDLE,
                outages=OUTAGES,
            ),
        )
    ]


def alerts_worker(parts: Parts, engine: Engine, deliverer: Deliverer) -> AlertsWorker:
    """Make what raises alerts and recalls them."""

    def is_within(hours: Hours, at: datetime) -> bool:
        calendar = shipped_law().calendar(hours.except_holidays)
        return holds(hours, calendar, at.astimezone(parts.site.site.zone)) is not False

    around = Surroundings(parts.controls.newest, Terms(is_within))
    return AlertsWorker(engine, parts.site, parts.now, deliverer.wake, around)


def sink_stages(
    parts: Parts, engine: Engine, alerts: AlertsWorker, actuators: Actuators
) -> list[Stage]:
    """Make what takes passages and events to the world."""
    site, now = parts.site, parts.now
    rules = rules_of(site, registries=registries_of(site))
    keep_rules(engine, [(one.ref, written(one.configuration)) for one in configured(rules)], now())
    workers: dict[str, tuple[list[str], Worker]] = {
        "store": ([PASSAGES, EVENTS], StoreWorker(StoreWriter(engine, now, site.border))),
        "alerts": ([EVENTS], alerts),
        "evidence": ([READS, HEARTBEATS], KeepingWorker(engine, case_cameras(site))),
        "rejudge": (
            [CONTROLS],
            RejudgeWorker(site, rules, parts.controls, engine, now),
        ),
    }
    if any(zone.actuator for zone in site.zones):
        workers["actuator"] = ([EVENTS], ActuatorWorker(actuators))
    return [
        Stage(StageSpec(name, topics, _shared(worker), outages=OUTAGES), parts.log)
        for name, (topics, worker) in workers.items()
    ]


def _shared(worker: Worker) -> Callable[[Commit | None], Worker]:
    """Give all partitions one worker: what a turn brings of them is one transaction."""
    return lambda _: worker
