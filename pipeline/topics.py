"""The topics of a zone: partitions, and how long what is on them is kept."""

from collections.abc import Sequence
from datetime import timedelta

from anpr.errors import RetentionTooShortError
from anpr.ports import TopicSpec
from anpr.sites import Site
from anpr.topics import CONTROLS, DEAD_LETTERS, EVENTS, FRAMES, HEARTBEATS, PASSAGES, READS
from pipeline.settings import RunSettings
from rules.all import horizon, rules_of

MARGIN = timedelta(days=1)
"""Kept beyond the horizon, so that a restart on the last moment still finds what it needs."""

FOR_EVER = timedelta(days=36_500)


def topics_of(site: Site, settings: RunSettings) -> Sequence[TopicSpec]:
    """Give the topics of a zone. Raises RetentionTooShortError."""
    needed = horizon(site, rules_of(site))
    kept = needed + MARGIN
    many = settings.partitions
    letters = timedelta(days=site.retention.dead_letters_days)
    specs = (
        TopicSpec(FRAMES, many, settings.frames_kept, delete_consumed=True),
        TopicSpec(READS, many, kept),
        TopicSpec(PASSAGES, many, kept),
        TopicSpec(EVENTS, many, settings.events_kept),
        TopicSpec(HEARTBEATS, many, settings.events_kept),
        TopicSpec(CONTROLS, 1, FOR_EVER, compacted=True),
        TopicSpec(DEAD_LETTERS, 1, letters),
    )
    require_kept(specs, needed)
    return specs


def require_kept(specs: Sequence[TopicSpec], needed: timedelta) -> None:
    """Refuse topics kept shorter than their readers need. Raises RetentionTooShortError."""
    for spec in specs:
        if spec.name in (READS, PASSAGES) and spec.retention < needed:
            msg = (
                f"topic {spec.name!r} is kept {spec.retention}, and rebuilding needs {needed}: "
                "keep it longer, or lower max_travel_s, max_stay_s, lateness_s or stall_s"
            )
            raise RetentionTooShortError(msg)
