"""What the sinks of a process do: their stages, what they send, and what they do regularly."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from anpr.errors import LogError, StoreError
from anpr.ports import Commit, Worker
from anpr.sites import Hours
from anpr.topics import CONTROLS, EVENTS, HEARTBEATS, PASSAGES, READS
from pipeline.registries import registries_of
from pipeline.rejudge import RejudgeWorker
from pipeline.stage import Stage, StageSpec
from pipeline.stages import Parts
from pipeline.supervision import Threads
from pipeline.wiring import HEADS, HEADS_KEY, PACKAGES, packer_of
from rules.all import configured, rules_of
from rules.data import shipped_law
from rules.hours import holds
from rules.version import written
from sinks.actuator import Actuators, ActuatorWorker, actuator_channels
from sinks.alerts.channels import channels_of
from sinks.alerts.conditions import Terms
from sinks.alerts.delivery import Deliverer
from sinks.alerts.demotion import demote, tell_changes
from sinks.alerts.escalation import escalate_due
from sinks.alerts.raising import AlertsWorker, Surroundings
from sinks.cases.deadlines import watch_deadlines
from sinks.cases.exporting import send_withdrawals
from sinks.cases.receipts import hear
from sinks.delivery.courier import Courier, ways
from sinks.evidence.keeping import KeepingWorker, case_cameras, keep_rules
from sinks.fitness import watch_locks
from sinks.retention import sweep
from sinks.statistics.flows import FlowRoller
from sinks.statistics.publishing import publish
from sinks.statistics.rolling import roll
from sinks.store.heads import HourlyHeads
from sinks.store.questions import Period
from sinks.store.writer import StoreWorker, StoreWriter

OUTAGES = (LogError, StoreError, OperationalError, InterfaceError, OSError)
"""What is waited for: the log, the store or the disk is gone for now."""

GATHER = dict.fromkeys(("store", "evidence"), timedelta(milliseconds=200))
"""Nobody waits for these as for an alert: they write seldom and more at once, and leave it time.
Reads gather no longer than passages, so that a case that is seen has its reads."""

WATCH_ALERTS = timedelta(seconds=1)
WATCH_REST = 20
"""To look through many open alerts takes a while: it comes seldom then instead of taking part."""
WATCH_LOCKS = timedelta(minutes=1)
ROLL_STATISTICS = timedelta(seconds=5)
ROLL_HOURS = timedelta(seconds=10)
PUBLISH = timedelta(minutes=10)
PUBLISH_BACK = timedelta(days=2)
"""How far back tables are looked after: what comes later corrects none by itself any more."""
ROLL_REST = 50
"""Each roll counts whole windows: under a flood of rows it comes seldom instead of taking part."""
LOOK_AT_HEADS = timedelta(seconds=5)
SWEEP_STORE = timedelta(days=1)
FIRST_SWEEP = timedelta(minutes=2)


def start_sinks(
    parts: Parts, engine: Engine, threads: Threads, closing_parts: ExitStack
) -> list[Stage]:
    """Make the stages of the sinks, and start what goes with them."""
    now = parts.now
    deliverer = Deliverer(engine, channels_of(parts.site, parts.secret, now), now)
    actuators = Actuators(engine, parts.site, actuator_channels(parts.site, parts.secret, now), now)
    closing_parts.callback(actuators.close)
    alerts = _alerts_worker(parts, engine, deliverer)
    stages = _sink_stages(parts, engine, alerts, actuators)
    threads.every("lapsed", WATCH_ALERTS, alerts.recall_lapsed, rest=WATCH_REST)
    threads.every("escalations", WATCH_ALERTS, lambda: _escalate(parts, engine, deliverer))
    threads.every("precision", WATCH_LOCKS, partial(_see_to_lists, parts, engine))
    threads.start("deliverer", deliverer.run)
    courier = Courier(engine, ways(parts.site, parts.secret, now), now, hear)
    threads.start("courier", courier.run)
    threads.every("statistics", ROLL_STATISTICS, lambda: roll(engine), rest=ROLL_REST)
    hours = FlowRoller(engine, parts.site)
    threads.every("flows", ROLL_HOURS, hours.roll, first=ROLL_STATISTICS, rest=ROLL_REST)
    threads.every("publish", PUBLISH, lambda: _publish(parts, engine), rest=ROLL_REST)
    threads.every("locks", WATCH_LOCKS, lambda: watch_locks(engine, parts.site, now()))
    threads.every("cases", WATCH_LOCKS, partial(_see_to_cases, parts, engine))
    threads.every(
        "retention",
        SWEEP_STORE,
        lambda: sweep(
            engine, parts.images, parts.site.retention, now(), parts.settings.data / PACKAGES
        ),
        first=FIRST_SWEEP,
    )
    threads.every("heads", LOOK_AT_HEADS, _heads(parts, engine).look, first=timedelta(0))
    return stages


def _alerts_worker(parts: Parts, engine: Engine, deliverer: Deliverer) -> AlertsWorker:
    """Make what raises alerts and recalls them."""
    around = Surroundings(parts.controls.newest, _terms(parts))
    return AlertsWorker(engine, parts.site, parts.now, deliverer.wake, around)


def _terms(parts: Parts) -> Terms:
    """Tell alerts the calendars of the site."""

    def is_within(hours: Hours, at: datetime) -> bool:
        calendar = shipped_law().calendar(hours.except_holidays)
        return holds(hours, calendar, at.astimezone(parts.site.site.zone)) is not False

    return Terms(is_within)


def _sink_stages(
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
        Stage(
            StageSpec(
                name,
                topics,
                _shared(worker),
                outages=OUTAGES,
                gather=GATHER.get(name, timedelta(0)),
            ),
            parts.log,
        )
        for name, (topics, worker) in workers.items()
    ]


def _shared(worker: Worker) -> Callable[[Commit | None], Worker]:
    """Give all partitions one worker: what a turn brings of them is one transaction."""
    return lambda _: worker


def _publish(parts: Parts, engine: Engine) -> None:
    """Publish the tables that the site asks for, as they become complete."""
    until = parts.now()
    for table in parts.site.statistics.publish:
        publish(engine, parts.site, table, Period(until - PUBLISH_BACK, until), until)


def _see_to_lists(parts: Parts, engine: Engine) -> None:
    """Demote the lists that are wrong too often, and tell who hears them."""
    demote(engine, parts.site, parts.now())
    tell_changes(engine, parts.site, _terms(parts), parts.now())


def _see_to_cases(parts: Parts, engine: Engine) -> None:
    """Count the deadlines that run out, and tell receivers of what no longer stands."""
    data, now = parts.settings.data, parts.now()
    watch_deadlines(engine, parts.site, now)
    packer = packer_of(parts.site, data, parts.secret)
    send_withdrawals(engine, parts.site, packer, data / PACKAGES, now)


def _escalate(parts: Parts, engine: Engine, deliverer: Deliverer) -> None:
    """Send on what nobody took up, at once."""
    if escalate_due(engine, parts.site, _terms(parts), parts.now()):
        deliverer.wake()


def _heads(parts: Parts, engine: Engine) -> HourlyHeads:
    """Leave signed heads of the audit where the site says."""
    data, told = parts.settings.data, parts.site.audit.heads
    heads = Path(told) if told else data / HEADS
    return HourlyHeads(engine, data / HEADS_KEY, heads, parts.now)
