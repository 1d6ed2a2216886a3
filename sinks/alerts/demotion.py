"""Lists whose hits were wrong too often: demoted, told to who hears them, and taken up again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, or_, select, update

from anpr.errors import UnusableInputError
from anpr.sites import ListSettings, Site
from anpr.time import from_us, to_us
from sinks.alerts.conditions import Terms, is_quiet
from sinks.alerts.payload import ListNotice
from sinks.alerts.posting import post_notice, untold
from sinks.alerts.precision import LOOKED_AT, Precision, by_list, judged_since
from sinks.alerts.routing import hearers
from sinks.alerts.words import DEMOTED, TAKEN_UP
from sinks.store.alerting import demotions
from sinks.store.audit import MACHINE, append_audit
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.people import Account

NEWS_FOR = timedelta(days=1)
"""Quiet hours end sooner; a channel that is named later hears of no older change."""


@dataclass(frozen=True, slots=True)
class Demotion:
    """A list whose hits go to dispatch only, since so few of those judged were right."""

    list: str
    since: datetime
    judged: int
    right: int


def demoted(connection: Connection) -> dict[str, Demotion]:
    """Give the lists that are demoted."""
    found = select(demotions).where(demotions.c.ended_us.is_(None)).order_by(demotions.c.id)
    return {
        row.list: Demotion(row.list, from_us(row.since_us), row.judged, row.right)
        for row in connection.execute(found)
    }


def demote(engine: Engine, site: Site, now: datetime) -> list[Demotion]:
    """Demote the lists whose precision is below their floor; each is a record of the audit.

    What was said before a list was taken up again counts no more.
    """
    with engine.connect() as connection:  # a look costs no write lock
        if not _fallen(connection, site, now):
            return []
    with writing(engine) as connection:
        take_turn(connection, "demotions")
        fallen = _fallen(connection, site, now)
        for one in fallen:
            _note(connection, one)
    return fallen


def restore(connection: Connection, list_: str, account: Account, note: str, now: datetime) -> bool:
    """Take a demoted list up again; say whether it was one.

    Raises UnusableInputError without a note.
    """
    if not note.strip():
        raise UnusableInputError("say why the list is to be trusted again")
    ended = update(demotions).where(demotions.c.list == list_, demotions.c.ended_us.is_(None))
    row = {"ended_us": to_us(now), "ended_by": account.name, "note": note.strip()}
    return bool(connection.execute(ended.values(row)).rowcount)


def tell_changes(engine: Engine, site: Site, terms: Terms, now: datetime) -> int:
    """Tell each channel once of lists that were demoted or taken up again; count the messages.

    A channel in its quiet hours is told after them.
    """
    with engine.connect() as connection:
        news = [
            (notice, about, names)
            for notice, about in _changes(connection, site, now - NEWS_FOR)
            if (names := untold(connection, about, _awake(notice.list, site, terms, now)))
        ]
    if news:
        with writing(engine) as connection:
            for notice, about, names in news:
                post_notice(connection, notice, about, names, now)
    return sum(len(names) for *_, names in news)


def _fallen(connection: Connection, site: Site, now: datetime) -> list[Demotion]:
    known, fresh_from = demoted(connection), _taken_up(connection)
    counted = by_list(
        one
        for one in judged_since(connection, now - LOOKED_AT)
        if one.hit.list not in known and one.at >= fresh_from.get(one.hit.list, one.at)
    )
    return [
        Demotion(name, now, precision.judged, precision.right)
        for name, precision in counted.items()
        if _is_too_low(precision, site.lists.get(name, ListSettings()))
    ]


def _is_too_low(precision: Precision, settings: ListSettings) -> bool:
    share = precision.share
    has_enough = precision.judged >= settings.precision_after
    return has_enough and share is not None and share < settings.precision_min


def _taken_up(connection: Connection) -> Mapping[str, datetime]:
    found = select(demotions.c.list, demotions.c.ended_us).where(demotions.c.ended_us.is_not(None))
    rows = connection.execute(found.order_by(demotions.c.ended_us))
    return {row.list: from_us(row.ended_us) for row in rows}


def _note(connection: Connection, one: Demotion) -> None:
    row = {"list": one.list, "since_us": to_us(one.since), "judged": one.judged, "right": one.right}
    connection.execute(insert(demotions).values(**row, note=""))
    query = {"list": one.list, "judged": one.judged, "right": one.right}
    append_audit(
        connection, MACHINE, MACHINE, "list_demoted", one.since, query=query, results=one.judged
    )


def _changes(
    connection: Connection, site: Site, since: datetime
) -> Iterator[tuple[ListNotice, str]]:
    """Give what there is to tell, each with what makes it the same; why a person wrote stays here.

    His words may name a plate.
    """
    recent = or_(demotions.c.since_us >= to_us(since), demotions.c.ended_us >= to_us(since))
    for row in connection.execute(select(demotions).where(recent).order_by(demotions.c.id)).all():
        fell = ListNotice(
            site=site.site.name,
            list=row.list,
            state="demoted",
            at=from_us(row.since_us),
            judged=row.judged,
            right=row.right,
            words=(DEMOTED,),
        )
        if row.since_us >= to_us(since):
            yield fell, f"list demoted {row.id}"
        if row.ended_us is not None:
            back = {"state": "restored", "at": from_us(row.ended_us), "words": (TAKEN_UP,)}
            yield fell.model_copy(update=back), f"list restored {row.id}"


def _awake(list_: str, site: Site, terms: Terms, now: datetime) -> Sequence[str]:
    names = hearers(list_, site)
    return [name for name in names if not is_quiet(site.channels[name], terms, now)]
