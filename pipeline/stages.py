"""How the stages that need no store are joined: each with its workers, and what cameras push to.

What only some processes need, the networks and the decoding of images, is loaded by those.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from anpr.ports import Log
from anpr.sites import Site
from anpr.topics import FRAMES, PASSAGES, READS
from pipeline.controls import Controls
from pipeline.registries import registries_of
from pipeline.settings import RunSettings
from pipeline.stage import Stage, StageSpec
from pipeline.wiring import Now
from pipeline.workers import PassageWorker, RulesWorker
from rules.all import rules_of
from rules.folds import RuleFold
from sinks.images import FolderImages

if TYPE_CHECKING:
    from ingest.intake import Intake

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
            StageSpec("passage", [READS], lambda _: PassageWorker(site)),
            StageSpec(
                "rules",
                [PASSAGES],
                lambda commit: RulesWorker(fold_for, parts.controls, commit),
                idle_after=RULES_IDLE,
            ),
        )
    ]
