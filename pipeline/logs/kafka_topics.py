"""The settings of the zone's topics on Kafka: made, adopted, or refused with what to do."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from anpr.errors import LogError, RetentionTooShortError
from anpr.ports import TopicSpec
from pipeline.logs.kafka_client import ms
from pipeline.logs.kafka_cluster import Cluster
from pipeline.logs.kafka_outbox import ENVELOPE_BYTES, RECORD_BYTES

log = structlog.get_logger()

SEGMENT_BYTES = 64 << 20
"""Space comes free by whole segments: of topics whose messages are consumed, small ones."""


def ensure(cluster: Cluster, spec: TopicSpec, prefix: str) -> None:
    """Create a topic, or adopt the retention given for one that exists.

    Raises LogError where one exists with another number of partitions, with times that are not the
    broker's, or with another way of deleting; RetentionTooShortError where it is kept shorter and
    the account may not change that.
    """
    wanted = settings_of(spec)
    if cluster.partitions(spec.name) is None:
        cluster.create(spec.name, spec.partitions, wanted)
    held = _held(cluster, spec, prefix)
    if changes := _changes(held, wanted):
        refusal = cluster.configure(spec.name, changes)
        if refusal:
            _require_enough(f"{prefix}{spec.name}", held, wanted, refusal)


def review(cluster: Cluster, spec: TopicSpec, prefix: str) -> Sequence[str]:
    """Tell what would be changed of a topic, if it exists. Raises LogError as `ensure` does."""
    if cluster.partitions(spec.name) is None:
        return []
    held = _held(cluster, spec, prefix)
    changes = _changes(held, settings_of(spec))
    return [f"{prefix}{spec.name}: {key}={held[key]}, now {text}" for key, text in changes.items()]


def _held(cluster: Cluster, spec: TopicSpec, prefix: str) -> Mapping[str, str]:
    """Read a topic's settings. Raises LogError where a zone cannot work with them."""
    found = cluster.partitions(spec.name)
    if found != spec.partitions:
        raise LogError(
            f"topic {spec.name!r} has {found} partitions, not {spec.partitions}; keep the number,"
            " or start with another prefix"
        )
    held = cluster.config(spec.name)
    _require_same(f"{prefix}{spec.name}", held, settings_of(spec))
    return held


def _changes(held: Mapping[str, str], wanted: Mapping[str, str]) -> Mapping[str, str]:
    return {key: text for key, text in wanted.items() if _differs(key, held[key], text)}


def settings_of(spec: TopicSpec) -> Mapping[str, str]:
    """Give a topic's settings, by Kafka's names."""
    retention = ms(spec.retention)
    settings = {
        # By the sender's time, what arrives late would be deleted on arrival.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(RECORD_BYTES + ENVELOPE_BYTES),
    }
    if spec.compacted:
        return {
            **settings,
            "cleanup.policy": "compact",
            "min.compaction.lag.ms": str(retention),
        }
    # A segment is deleted when its newest message is too old: its span is kept in addition.
    span = min(max(spec.retention / 10, timedelta(minutes=10)), timedelta(days=7))
    settings |= {
        "cleanup.policy": "delete",
        "retention.ms": str(retention),
        "segment.ms": str(ms(span)),
    }
    if spec.delete_consumed:
        settings["segment.bytes"] = str(SEGMENT_BYTES)
    return settings


def _require_same(name: str, held: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for key in ("message.timestamp.type", "cleanup.policy"):
        if held[key] != wanted[key]:
            raise LogError(
                f"topic {name!r} has {key}={held[key]}, not {wanted[key]}; delete it if nothing in"
                " it is needed, or start with another prefix"
            )


def _differs(key: str, held: str, wanted: str) -> bool:
    if key == "max.message.bytes":
        return int(held) < int(wanted)
    return held != wanted


def _require_enough(
    name: str, held: Mapping[str, str], wanted: Mapping[str, str], refusal: str
) -> None:
    """Make do with settings that may not be changed, unless something would be lost."""
    least = {key for key in ("retention.ms", "max.message.bytes") if key in wanted}
    short = [key for key in sorted(least) if 0 <= int(held[key]) < int(wanted[key])]
    if short:
        remedy = ",".join(f"{key}={wanted[key]}" for key in short)
        raise RetentionTooShortError(
            f"topic {name!r} keeps too little and may not be changed ({refusal}); let somebody"
            f" who may set {remedy}"
        )
    log.warning("topic_settings_kept", topic=name, refusal=refusal)
