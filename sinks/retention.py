"""Erase everything on its day: rows and images go, the figures made from them stay."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Column, ColumnElement, Engine, and_, delete, exists, or_, select, true

from anpr.sites import Retention
from anpr.time import to_us
from sinks.cases.tables import case_history, case_images, cases
from sinks.delivery.ledger import TURN, erase_consignments
from sinks.evidence.kept import erase_kept
from sinks.statistics.rolling import freeze
from sinks.store.alerting import network_messages, silences
from sinks.store.audit import MACHINE, append_audit, cut_audit
from sinks.store.casework import corrections
from sinks.store.dialects import take_turn
from sinks.store.dossiers import erase_dossiers
from sinks.store.engine import writing
from sinks.store.plates import erase_plates
from sinks.store.proposals import proposals
from sinks.store.requests import requests
from sinks.store.schema import (
    actuations,
    alerts,
    counts,
    dark_days,
    deliveries,
    event_passages,
    events,
    images,
    passages,
    said_before,
    spellings,
    travel_times,
    unraised,
    visits,
)
from sinks.store.traffic import compliance, flows, published, speeds, through
from sinks.store.upsert import chunks
from sinks.store.weeks import WRITING, erase_weeks
from sinks.store.windows import ACCESS, COUNT, PASSED, TRANSITS, TRAVEL

BATCH = 500
"""How many rows one transaction erases: writers wait no longer than that takes."""

CLEARED = or_(
    events.c.withdrawn == true(),
    and_(events.c.kind == "section_transit", events.c.verdict == "ok"),
    and_(events.c.kind == "lock_transit", events.c.verdict.in_(["local", "exempt"])),
    and_(events.c.kind == "access", events.c.verdict == "allow"),
)
"""Events that are nobody's case."""

KINDS = ("hit", "section_transit", "lock_transit", "access", "clone_suspect", "camera_state")


class Erasable(Protocol):
    """What retention asks of an image store."""

    def erase(self, reference: str) -> bool:
        """Erase an image; tell whether it was there."""
        ...

    def put_before(self, moment: datetime) -> Iterator[str]:
        """Give the references of all images that were last put before a moment."""
        ...


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep erased."""

    passages: int
    events: int
    alerts: int
    images: int
    statistics: int
    audit: int
    visits: int = 0
    dossiers: int = 0
    cases: int = 0
    consignments: int = 0
    kept: int = 0
    """reads and heartbeats kept for cases, which go with the images"""
    packages: int = 0
    """packages, withdrawals and lists of batches that lie in the data folder"""


def sweep(
    engine: Engine,
    folder: Erasable,
    retention: Retention,
    now: datetime,
    packages: Path | None = None,
) -> Swept:
    """Erase what is older than its term, counted from when it happened.

    Statistics that rest on what is erased are computed before and frozen. Done in small
    transactions: a sweep that is cut short is finished by the next. One that erased anything
    leaves a receipt in the audit chain. `packages` is where exported cases lie, if they do.
    """
    swept = _swept(engine, folder, retention, now)
    if packages is not None:
        written_before = now - timedelta(days=retention.cases_days)
        swept = replace(swept, packages=_erase_packages(packages, written_before))
    if total := sum(asdict(swept).values()):
        receipt = {**asdict(swept), "terms": retention.model_dump()}
        with writing(engine) as connection:
            append_audit(
                connection, MACHINE, MACHINE, "retention", now, query=receipt, results=total
            )
    return swept


def _swept(engine: Engine, folder: Erasable, retention: Retention, now: datetime) -> Swept:
    passages_us = _before(now, retention.passages_days)
    cleared_us = _before(now, retention.cleared_days)
    hits_us = _before(now, retention.hits_days)
    statistics_us = _before(now, retention.statistics_days)
    for kind in (COUNT, PASSED):
        freeze(engine, kind, passages_us)
    for kind in (TRAVEL, TRANSITS, ACCESS):  # the later one already thins out transits
        freeze(engine, kind, max(cleared_us, hits_us))
    old = or_(events.c.at_us < hits_us, and_(CLEARED, events.c.at_us < cleared_us))
    erase_weeks(engine, event_passages, hits_us)
    gone = erase_weeks(engine, events, hits_us) + sum(
        _erase(engine, events.c.id, old & (events.c.kind == kind)) for kind in KINDS
    )
    _erase_words(engine, passages_us, hits_us)
    return Swept(
        events=gone,
        passages=_erase_passages(engine, passages_us),
        alerts=_erase(engine, alerts.c.event_id, alerts.c.at_us < hits_us)
        + _erase(engine, unraised.c.event_id, unraised.c.at_us < hits_us)
        + _erase(engine, said_before.c.event_id, said_before.c.at_us < hits_us)
        + _erase(engine, actuations.c.event_id, actuations.c.requested_us < hits_us),
        images=_erase_images(engine, folder, now - timedelta(days=retention.images_days)),
        statistics=_erase_figures(engine, statistics_us),
        audit=cut_audit(engine, now - timedelta(days=retention.audit_days), now)
        + _erase_requests(engine, _before(now, retention.audit_days)),
        visits=_erase_cut(engine, visits.c.exit_id, _before(now, retention.visits_days)),
        dossiers=_erase_dossiers(engine, now - timedelta(days=retention.cases_days)),
        cases=_erase_cases(engine, _before(now, retention.cases_days), hits_us),
        consignments=erase_consignments(engine, _before(now, retention.cases_days)),
        kept=erase_kept(engine, _before(now, retention.images_days), BATCH),
    )


def _before(now: datetime, days: int) -> int:
    return to_us(now - timedelta(days=days))


def _erase_passages(engine: Engine, before_us: int) -> int:
    """Erase passages, and from the dictionary the plates that no younger one has."""
    _erase_cut(engine, spellings.c.passage_id, before_us)
    erased = _erase_cut(engine, passages.c.id, before_us)
    erase_plates(engine, before_us)
    return erased


def _erase_cut(engine: Engine, key: Column[str], before_us: int) -> int:
    """Erase the old rows of a table that is cut into weeks: whole weeks first."""
    whole = erase_weeks(engine, key.table, before_us)
    return whole + _erase(engine, key, key.table.c.at_us < before_us)


def _erase_dossiers(engine: Engine, closed_before: datetime) -> int:
    with writing(engine) as connection:
        return erase_dossiers(connection, closed_before)


def _erase_cases(engine: Engine, closed_us: int, hits_us: int) -> int:
    """Erase cases on the day their closing says; one that was never closed goes with its event."""
    is_left = and_(cases.c.closed_us.is_(None), cases.c.at_us < hits_us)
    old = select(cases.c.id).where(or_(cases.c.closed_us < closed_us, is_left))
    with writing(engine) as connection:
        take_turn(connection, TURN)
        for table in (case_history, case_images):
            connection.execute(delete(table).where(table.c.case_id.in_(old)))
        return connection.execute(delete(cases).where(cases.c.id.in_(old))).rowcount


def _erase_packages(folder: Path, written_before: datetime) -> int:
    """Erase what was exported so long ago, whoever got it; the export's own lock stays."""
    old = [
        path for path in folder.glob("[!.]*.*") if path.stat().st_mtime < written_before.timestamp()
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _erase_requests(engine: Engine, before_us: int) -> int:
    """Erase the requests for a second person with the audit that tells of them."""
    with writing(engine) as connection:
        return connection.execute(delete(requests).where(requests.c.asked_us < before_us)).rowcount


def _erase(engine: Engine, key: Column[str], old: ColumnElement[bool]) -> int:
    """Erase the old rows of a table, and with an event whatever was made of it."""
    erased = 0
    while True:
        with writing(engine) as connection:
            ids = connection.execute(select(key).where(old).limit(BATCH)).scalars().all()
            connection.execute(delete(key.table).where(key.in_(ids), old))
            if key.table is events:
                for table in (event_passages, said_before, alerts, unraised, actuations):
                    connection.execute(delete(table).where(table.c.event_id.in_(ids)))
        erased += len(ids)
        if len(ids) < BATCH:
            return erased


def _erase_words(engine: Engine, passages_us: int, hits_us: int) -> None:
    """Erase what people said of passages, cases and lists that are gone."""
    with writing(engine) as connection:
        connection.execute(delete(corrections).where(corrections.c.passage_us < passages_us))
        connection.execute(delete(proposals).where(proposals.c.proposed_us < hits_us))
        connection.execute(delete(silences).where(silences.c.until_us < hits_us))
        connection.execute(delete(network_messages).where(network_messages.c.written_us < hits_us))
        of_no_alert = and_(deliveries.c.alert_id.is_(None), deliveries.c.created_us < hits_us)
        connection.execute(delete(deliveries).where(of_no_alert))


def _erase_images(engine: Engine, folder: Erasable, before: datetime) -> int:
    """Erase images that no younger passage shows, then those that no passage shows at all."""
    erased = 0
    while True:
        with writing(engine) as connection:
            take_turn(
                connection, WRITING
            )  # an image must not go while a passage with it is written
            held = exists().where(case_images.c.reference == images.c.reference)
            is_old = and_(images.c.at_us < to_us(before), ~held)
            old = select(images.c.reference).where(is_old).limit(BATCH)
            references = connection.execute(old.with_for_update()).scalars().all()
            erased += sum(folder.erase(reference) for reference in references)
            connection.execute(delete(images).where(images.c.reference.in_(references)))
        if len(references) < BATCH:
            break
    for chunk in chunks(folder.put_before(before)):
        erased += _erase_strays(engine, folder, chunk)
    return erased


def _erase_strays(engine: Engine, folder: Erasable, references: list[str]) -> int:
    shown = select(images.c.reference).where(images.c.reference.in_(references))
    with engine.connect() as connection:
        strays = set(references) - set(connection.execute(shown).scalars())
    return sum(folder.erase(reference) for reference in sorted(strays))


def _erase_figures(engine: Engine, before_us: int) -> int:
    with writing(engine) as connection:
        connection.execute(delete(dark_days).where(dark_days.c.day_us < before_us))
        return sum(
            connection.execute(delete(table).where(table.c.start_us < before_us)).rowcount
            for table in (counts, travel_times, flows, through, speeds, compliance, published)
        )
