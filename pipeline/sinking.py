"""What the sinks of a process do: their stages, what they send, and what they do regularly."""

from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from pipeline.stage import Stage
from pipeline.stages import Parts, alerts_worker, sink_stages
from pipeline.supervision import Threads
from pipeline.wiring import HEADS, HEADS_KEY, PACKAGES, packer_of
from sinks.actuator import Actuators, actuator_channels
from sinks.alerts.channels import channels_of
from sinks.alerts.delivery import Deliverer
from sinks.alerts.escalation import escalate_due
from sinks.alerts.precision import demote
from sinks.cases.deadlines import watch_deadlines
from sinks.cases.exporting import send_withdrawals
from sinks.cases.receipts import hear
from sinks.delivery.courier import Courier, ways
from sinks.fitness import watch_locks
from sinks.retention import sweep
from sinks.statistics.flows import FlowRoller
from sinks.statistics.publishing import publish
from sinks.statistics.rolling import roll
from sinks.store.heads import HourlyHeads
from sinks.store.questions import Period

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
    alerts = alerts_worker(parts, engine, deliverer)
    stages = sink_stages(parts, engine, alerts, actuators)
    threads.every("lapsed", WATCH_ALERTS, alerts.recall_lapsed, rest=WATCH_REST)
    threads.every("escalations", WATCH_ALERTS, lambda: _escalate(parts, engine, deliverer))
    threads.every("precision", WATCH_LOCKS, lambda: demote(engine, parts.site, now()))
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
        lambda: sweep(engine, parts.images, parts.site.retention, now()),
        first=FIRST_SWEEP,
    )
    threads.every("heads", LOOK_AT_HEADS, _heads(parts, engine).look, first=timedelta(0))
    return stages


def _publish(parts: Parts, engine: Engine) -> None:
    """Publish the tables that the site asks for, as they become complete."""
    until = parts.now()
    for table in parts.site.statistics.publish:
        publish(engine, parts.site, table, Period(until - PUBLISH_BACK, until), until)


def _see_to_cases(parts: Parts, engine: Engine) -> None:
    """Count the deadlines that run out, and tell receivers of what no longer stands."""
    data, now = parts.settings.data, parts.now()
    watch_deadlines(engine, parts.site, now)
    packer = packer_of(parts.site, data, parts.secret)
    send_withdrawals(engine, parts.site, packer, data / PACKAGES, now)


def _escalate(parts: Parts, engine: Engine, deliverer: Deliverer) -> None:
    """Send on what nobody took up, at once."""
    if escalate_due(engine, parts.site, parts.now()):
        deliverer.wake()


def _heads(parts: Parts, engine: Engine) -> HourlyHeads:
    """Leave signed heads of the audit where the site says."""
    data, told = parts.settings.data, parts.site.audit.heads
    heads = Path(told) if told else data / HEADS
    return HourlyHeads(engine, data / HEADS_KEY, heads, parts.now)
