"""Look-ups that somebody must explain: of one's own plate, a colleague's, again, at odd hours.

A finding names records of the audit and no plate: it is no proof of anything, but a question.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from anpr.time import from_us, to_us
from sinks.store.audit import MACHINE, audit
from sinks.store.own_plates import own_plates
from sinks.store.plates import WILDCARDS
from sinks.store.questions import Period
from sinks.store.sealing import asked_plates, opened_records, subjects_of, takes_in, what_shows
from sinks.store.vault import Vault

SEARCH = "search"
ABOUT_THE_AUDIT = frozenset({"audit_who", "audit_plates"})
"""What whoever watches over the look-ups does with plates: it looks nobody up."""

SEARCHES = frozenset({SEARCH, "search_refused", "export"})
MOST_OPEN_SIGNS = 2
"""A pattern that leaves more open is about no particular vehicle."""


class Sign(StrEnum):
    """Why a look-up must be explained."""

    OWN = "own"
    """the plate is registered as that of the account itself"""
    COLLEAGUE = "colleague"
    """the plate is registered as that of another account"""
    REPEATED = "repeated"
    """one plate, again and again, for one case"""
    ODD_HOURS = "odd_hours"
    """outside the hours of service"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Records of one account that show the same sign, for one case; `of` is whose plate it was."""

    sign: Sign
    account: str
    of: str | None
    case_ref: str | None
    records: tuple[int, ...]
    first: datetime
    last: datetime


def self_audit(
    connection: Connection,
    vault: Vault,
    period: Period,
    *,
    repeats: int,
    is_in_service: Callable[[datetime], bool],
) -> list[Finding]:
    """Find what must be explained of a period, by sign, the newest first.

    `repeats`: from how many look-ups of one plate for one case on. A further page of an answer is
    no look-up of its own.
    """
    owners = own_plates(connection, vault)
    shown = what_shows(connection, sorted({plate for own in owners.values() for plate in own}))
    groups: dict[tuple[Sign, str, str | None, str | None, str], list[Row[Any]]] = {}
    for row, query in opened_records(connection, vault, _look_ups_in(period)):
        for whose in _owners_of(query, owners, shown):
            sign = Sign.OWN if whose == row.account else Sign.COLLEAGUE
            groups.setdefault((sign, row.account, whose, row.case_ref, ""), []).append(row)
        if row.action == SEARCH and "after" not in query:
            for asked in set(asked_plates(query)):
                key = (Sign.REPEATED, row.account, None, row.case_ref, asked)
                groups.setdefault(key, []).append(row)
        if _is_search(row, query) and not is_in_service(from_us(row.at_us)):
            key = (Sign.ODD_HOURS, row.account, None, row.case_ref, "")
            groups.setdefault(key, []).append(row)
    found = [
        _finding(sign, account, of, case_ref, rows)
        for (sign, account, of, case_ref, _), rows in groups.items()
        if sign is not Sign.REPEATED or len(rows) >= repeats
    ]
    signs = list(Sign)
    return sorted(found, key=lambda one: (signs.index(one.sign), -one.records[-1]))


def _look_ups_in(period: Period) -> Any:
    return select(audit).where(
        audit.c.at_us >= to_us(period.since),
        audit.c.at_us < to_us(period.until),
        audit.c.account != MACHINE,
        audit.c.action.not_in(ABOUT_THE_AUDIT),
    )


def _owners_of(
    query: Mapping[str, Any], owners: Mapping[str, frozenset[str]], shown: Mapping[str, str]
) -> Iterator[str]:
    """Give the accounts one of whose plates was asked for, or shown."""
    seen = {shown[subject] for subject in subjects_of(query) if subject in shown}
    asked = asked_plates(query)
    for account, plates in owners.items():
        if any(
            plate in seen or any(_means(query, one, plate) for one in asked) for plate in plates
        ):
            yield account


def _means(query: Mapping[str, Any], asked: str, plate: str) -> bool:
    known = len(asked) - sum(asked.count(sign) for sign in WILDCARDS)
    return known >= len(plate) - MOST_OPEN_SIGNS and takes_in(query, asked, plate)


def _is_search(row: Row[Any], query: Mapping[str, Any]) -> bool:
    """Say whether somebody searched, or opened what a search of theirs had found.

    Hits and cases bring their own passages, at any hour.
    """
    return row.action in SEARCHES or query.get("basis") == SEARCH


def _finding(
    sign: Sign, account: str, of: str | None, case_ref: str | None, rows: list[Row[Any]]
) -> Finding:
    moments = [from_us(row.at_us) for row in rows]
    ids = tuple(row.id for row in rows)
    return Finding(sign, account, of, case_ref, ids, min(moments), max(moments))
