"""Messages to neighbourhood networks: written by one person, sent by another's hand, no plates."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from anpr.errors import UnusableInputError
from anpr.plates import plain, syntax
from anpr.sites import Site
from anpr.time import from_us, to_us
from sinks.alerts.payload import Notice
from sinks.alerts.posting import post_notice
from sinks.store.alerting import network_messages
from sinks.store.people import Account

WAITING, SENT, REFUSED = "waiting", "sent", "refused"

LONGEST = 1000
"""Characters of a message."""

_FEWEST = 5
"""Shorter runs of letters and digits are roads, house numbers and hours."""

_TIME = re.compile(r"(?i)\b\d{1,2}\s?(?:u|h|uur)\s?\d{0,2}\b|\b\d{1,2}[:.]\d{2}\b")
_JOINED = re.compile(r"[^\W_]+(?:[-.·•/_–][^\W_]+)*")  # noqa: RUF001 - a dash that people type
_SPACED = re.compile(r"\b[A-ZÄÖÜ0-9]{1,4}(?: [A-ZÄÖÜ0-9]{1,4}){1,3}\b")
_BELGIAN = re.compile(r"(?i)\b[1-9] ?[a-z]{3} ?\d{3}\b")


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a network, and what became of it."""

    id: int
    network: str
    text: str
    written_by: str
    written_at: datetime
    state: str
    decided_by: str | None


def plates_in(text: str, home: str, known: Collection[str] = ()) -> list[str]:
    """Give the parts of a text that read like a plate, or that are one of the known plates.

    `known` are whole plates as they are stored: they are found however they are spelled.
    """
    rest = _TIME.sub(" ", text)
    found = [part for part in _candidates(rest) if _reads_like_a_plate(part, home)]
    squeezed = plain(text)
    found += [plate for plate in known if len(plate) >= _FEWEST and plate in squeezed]
    return list(dict.fromkeys(found))


def _candidates(text: str) -> Iterator[str]:
    for pattern in (_JOINED, _SPACED, _BELGIAN):
        yield from (found[0] for found in pattern.finditer(text))


def _reads_like_a_plate(part: str, home: str) -> bool:
    plate = plain(part)
    is_mixed = any(sign.isdigit() for sign in plate) and any(sign.isalpha() for sign in plate)
    return len(plate) >= _FEWEST and is_mixed and bool(syntax(plate, home))


def write(
    connection: Connection,
    site: Site,
    network: str,
    text: str,
    account: Account,
    now: datetime,
    known: Collection[str] = (),
) -> int:
    """Put a message before a second person; return its number.

    Raises UnusableInputError for an unknown network, for a text that is empty, too long, or holds
    a plate.
    """
    if network not in site.networks:
        raise UnusableInputError("no such network; the site file names them under [networks.NAME]")
    _check(text, site, known)
    row = {
        "network": network, "text": text.strip(), "written_us": to_us(now),
        "written_by": account.name, "state": WAITING,
    }  # fmt: skip
    added = insert(network_messages).values(row).returning(network_messages.c.id)
    return int(connection.execute(added).scalar_one())


def decide(
    connection: Connection,
    site: Site,
    number: int,
    account: Account,
    now: datetime,
    *,
    send: bool,
    known: Collection[str] = (),
) -> bool:
    """Send or refuse a message that somebody else wrote; say whether it was one.

    Raises UnusableInputError where it holds a plate after all: what is wanted may have changed.
    """
    mine = (
        network_messages.c.id == number,
        network_messages.c.state == WAITING,
        network_messages.c.written_by != account.name,
    )
    row = connection.execute(select(network_messages).where(*mine)).one_or_none()
    network = None if row is None else site.networks.get(row.network)
    if row is None or (send and network is None):
        return False
    if send and network:
        _check(row.text, site, known)
        notice = Notice(site=site.site.name, title=network.title or row.network, notice=row.text)
        post_notice(connection, notice, f"network {number}", network.channels, now)
    decided = {
        "state": SENT if send else REFUSED, "decided_us": to_us(now), "decided_by": account.name,
    }  # fmt: skip
    connection.execute(update(network_messages).where(*mine).values(decided))
    return True


def messages(connection: Connection, limit: int) -> list[Message]:
    """Give the messages, newest first."""
    found = select(network_messages).order_by(network_messages.c.id.desc()).limit(limit)
    return [_message(row) for row in connection.execute(found)]


def _check(text: str, site: Site, known: Collection[str]) -> None:
    if not 0 < len(text.strip()) <= LONGEST:
        raise UnusableInputError(f"write a message of 1 to {LONGEST} characters")
    if found := plates_in(text, site.site.country, known):
        msg = f"it holds what reads like a number plate ({len(found)} times): describe the vehicle"
        raise UnusableInputError(msg)


def _message(row: Row[tuple[object, ...]]) -> Message:
    return Message(
        row.id, row.network, row.text, row.written_by, from_us(row.written_us), row.state,
        row.decided_by,
    )  # fmt: skip
