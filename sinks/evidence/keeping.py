"""Keep from the log what a case may come to need, before the log forgets it."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Engine

from anpr.events import PlateRead, RuleRef
from anpr.heartbeats import ClockReport
from anpr.ports import Message, Output, dead_letter
from anpr.sites import Site
from anpr.topics import READS
from sinks.evidence.facts import SOFTWARE
from sinks.evidence.kept import keep_configuration, keep_heartbeats, keep_reads
from sinks.messages import Stateless
from sinks.store.engine import writing


def case_cameras(site: Site) -> frozenset[str]:
    """Name the cameras whose passages may become a case."""
    sections = [(*one.entry, *one.exit) for one in site.sections]
    locks = [(*one.entries, *one.exits, *one.inside) for one in site.locks]
    gates = [one.gates for one in site.zones]
    return frozenset(camera for cameras in (*sections, *locks, *gates) for camera in cameras)


class KeepingWorker(Stateless):
    """Takes `reads` and `heartbeats` of these cameras into the store."""

    def __init__(self, engine: Engine, cameras: frozenset[str]) -> None:
        self._engine = engine
        self._cameras = cameras

    def work(self, messages: Sequence[Message]) -> Sequence[Output]:
        """Keep a batch; a heartbeat that cannot be understood becomes a dead letter.

        A read that cannot be is refused by the passage stage already.
        """
        reads: list[tuple[PlateRead, bytes]] = []
        beats: list[ClockReport] = []
        refused: list[Output] = []
        for message in messages:
            if message.record.key not in self._cameras:
                continue
            value = message.record.value
            try:
                if message.place.topic == READS:
                    reads.append((PlateRead.from_json(value), value))
                else:
                    beats.append(ClockReport.model_validate_json(value))
            except ValidationError:
                if message.place.topic != READS:
                    refused.append(dead_letter(message, "not a heartbeat; see its contract"))
        if reads or beats:
            with writing(self._engine) as connection:
                keep_reads(connection, reads)
                keep_heartbeats(connection, beats)
        return refused


def keep_rules(engine: Engine, rules: Sequence[tuple[RuleRef, str]], now: datetime) -> None:
    """Keep the configurations (JSON) of the rules that run from now on."""
    with writing(engine) as connection:
        for ref, body in rules:
            keep_configuration(connection, ref.id, ref.version, body, SOFTWARE, now)
