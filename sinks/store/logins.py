"""Logging in: passwords with a brake on guessing, and the sessions that follow."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from anpr.time import to_us
from sinks.store import second_factor
from sinks.store.engine import writing
from sinks.store.people import (
    LONGEST_NAME,
    Account,
    account_of,
    accounts,
    digest_of,
    hash_password,
    is_password,
)
from sinks.store.schema import metadata
from sinks.store.vault import Vault

SESSION_LIFE = timedelta(hours=12)
"""A session ends after this, whatever happens in it: one shift."""
SESSION_IDLE = timedelta(hours=2)
"""A session that nobody uses ends after this."""
FREE_FAILURES = 5
"""This many wrong passwords in a row cost nothing but the time of typing."""
LONGEST_WAIT = timedelta(minutes=5)

_SEEN_EVERY = timedelta(minutes=1)
_FORGET_FAILURES = timedelta(days=1)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(LONGEST_NAME), ForeignKey("accounts.name"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)

login_failures = Table(
    "login_failures",
    metadata,
    # A digest, since people type passwords into the name field.
    Column("name_digest", String(64), primary_key=True),
    Column("in_a_row", Integer, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Login:
    """What became of a login: an account, or None and how long to wait before the next try."""

    account: Account | None
    wait: timedelta = timedelta(0)


def authenticate_password(
    engine: Engine,
    name: str,
    password: str,
    now: datetime,
    code: str = "",
    vault: Vault | None = None,
) -> Login:
    """Check a name, a password and, where the account has one, the code of its second factor.

    Takes the same time whether or not the name exists, and tells no part of it right. After
    FREE_FAILURES wrong ones in a row every next try has to wait, twice as long each time, whether
    it is right or wrong.
    """
    name = name.strip()
    key = digest_of(name.casefold())
    with engine.connect() as connection:
        wait = _wait_left(connection, key, now)
        row = connection.execute(accounts.select().where(accounts.c.name == name)).first()
    if wait:
        return Login(None, wait)
    stored = None if row is None else row.password_hash
    is_right = is_password(stored or _nobodys_hash(), password)
    with writing(engine) as connection:
        if row is None or stored is None or row.disabled or not is_right:
            return Login(None, _count_failure(connection, key, now))
        if row.totp is not None and not (
            vault is not None
            and second_factor.use(connection, vault, row.name, row.totp, code, now)
        ):
            return Login(None, _count_failure(connection, key, now))
        connection.execute(delete(login_failures).where(login_failures.c.name_digest == key))
    return Login(account_of(row))


def open_session(connection: Connection, account: Account, now: datetime) -> str:
    """Start a session and return its secret, for the cookie; clear away those that ended."""
    connection.execute(delete(sessions).where(sessions.c.expires_us <= to_us(now)))
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(sessions).values(
            digest=digest_of(secret),
            account=account.name,
            created_us=to_us(now),
            expires_us=to_us(now + SESSION_LIFE),
            seen_us=to_us(now),
        )
    )
    return secret


def authenticate_session(engine: Engine, secret: str, now: datetime) -> Account | None:
    """Recognise the account of a live session, and note that it was used."""
    digest = digest_of(secret)
    found = (
        select(accounts, sessions.c.seen_us)
        .join(sessions, sessions.c.account == accounts.c.name)
        .where(
            sessions.c.digest == digest,
            sessions.c.expires_us > to_us(now),
            sessions.c.seen_us > to_us(now - SESSION_IDLE),
            accounts.c.disabled.is_(False),
        )
    )
    with engine.connect() as connection:
        row = connection.execute(found).first()
    if row is None:
        return None
    if row.seen_us <= to_us(now - _SEEN_EVERY):
        seen = update(sessions).where(sessions.c.digest == digest).values(seen_us=to_us(now))
        with writing(engine) as connection:
            connection.execute(seen)
    return account_of(row)


def close_session(connection: Connection, secret: str) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest_of(secret)))


def close_sessions_of(connection: Connection, name: str) -> None:
    """End every session of an account, as after a change of its password."""
    connection.execute(delete(sessions).where(sessions.c.account == name))


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))


def _wait_left(connection: Connection, key: str, now: datetime) -> timedelta:
    known = login_failures.select().where(login_failures.c.name_digest == key)
    row = connection.execute(known).first()
    if row is None:
        return timedelta(0)
    left = row.last_us - to_us(now) + pause_after(row.in_a_row) // timedelta(microseconds=1)
    return timedelta(microseconds=max(0, left))


def pause_after(failures: int) -> timedelta:
    """Give how long to wait after so many wrong passwords in a row: 0, then 2, 4, 8 … seconds."""
    beyond = failures - FREE_FAILURES
    if beyond < 0:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=2 ** (min(beyond, 20) + 1)))


def _count_failure(connection: Connection, key: str, now: datetime) -> timedelta:
    forgotten = to_us(now - _FORGET_FAILURES)
    connection.execute(delete(login_failures).where(login_failures.c.last_us < forgotten))
    more = (
        update(login_failures)
        .where(login_failures.c.name_digest == key)
        .values(in_a_row=login_failures.c.in_a_row + 1, last_us=to_us(now))
        .returning(login_failures.c.in_a_row)
    )
    in_a_row = connection.scalar(more)
    if in_a_row is None:
        in_a_row = 1
        first = insert(login_failures).values(name_digest=key, in_a_row=1, last_us=to_us(now))
        connection.execute(first)
    return pause_after(in_a_row)
