"""People: accounts, their passwords and their personal tokens.

Secrets are never stored: a password as its Argon2id hash, a token as its SHA-256 digest, which is
enough for 256 random bits and lets the look-up by digest stand for a comparison.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from anpr.errors import AccessDeniedError, StoreError, UnknownAccountError
from anpr.time import to_us
from sinks.store.rights import Right, Role, rights_of
from sinks.store.schema import metadata

MIN_PASSWORD = 10
LONGEST_NAME = 64

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("roles", String(200), nullable=False),
    Column("password_hash", String(200)),
    Column("created_us", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("totp", Text),
    Column("totp_used", BigInteger),
    Column("subject", String(255)),
    Column("own_plates", Text),
    Index(None, "subject", unique=True),
)
"""`totp` is the sealed secret of a second factor, `totp_used` the last time step it was used for;
`subject` is who somebody is to the login service of the organisation; `own_plates` are sealed."""

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(LONGEST_NAME), ForeignKey("accounts.name"), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Index(None, "account"),
)

_HASHER = PasswordHasher()
# One hash takes 64 MiB: a flood of logins must wait in line instead of filling the memory.
_HASHING = BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who was recognised, and the roles they have."""

    name: str
    roles: frozenset[Role]

    @property
    def rights(self) -> frozenset[Right]:
        """Everything the account may do."""
        return rights_of(self.roles)

    @property
    def role_text(self) -> str:
        """The roles as one text, as the store keeps them."""
        return "+".join(sorted(self.roles))


def add_account(
    connection: Connection,
    name: str,
    roles: Iterable[Role],
    password: str | None,
    now: datetime,
) -> Account:
    """Add an account; without a password it works with tokens only.

    Raises StoreError when the name is taken or unusable, when it has no role, or when the
    password is too short.
    """
    account = Account(_usable(name), frozenset(roles))
    if not account.roles:
        msg = f"account {name!r} has no role; give it at least one of {', '.join(Role)}"
        raise StoreError(msg)
    if connection.scalar(select(accounts.c.name).where(accounts.c.name == account.name)):
        raise StoreError(f"account {name!r} exists already; choose another name")
    connection.execute(
        insert(accounts).values(
            name=account.name,
            roles=account.role_text,
            password_hash=None if password is None else hash_password(password),
            created_us=to_us(now),
            disabled=False,
        )
    )
    return account


def list_accounts(connection: Connection) -> list[Account]:
    """Give every account that is not disabled, by name."""
    known = accounts.select().where(accounts.c.disabled.is_(False)).order_by(accounts.c.name)
    return [account_of(row) for row in connection.execute(known)]


def set_password(connection: Connection, name: str, password: str) -> None:
    """Give an account a new password. Raises UnknownAccountError, StoreError when it is short."""
    _change(connection, name, password_hash=hash_password(password))


def set_roles(
    connection: Connection, by: Account, name: str, roles: Iterable[Role]
) -> frozenset[Role]:
    """Give an account other roles; return those it had. Nobody changes their own.

    Raises AccessDeniedError, UnknownAccountError, and StoreError where no role is left.
    """
    refuse_self(by, name)
    account = Account(name, frozenset(roles))
    if not account.roles:
        raise StoreError("an account has at least one role; disable it to shut it out")
    known = accounts.select().where(accounts.c.name == name)
    row = connection.execute(known).first()
    _change(connection, name, roles=account.role_text)
    return frozenset() if row is None else account_of(row).roles


def refuse_self(by: Account, name: str) -> None:
    """Refuse that somebody changes what they themselves may do. Raises AccessDeniedError."""
    if by.name == name:
        raise AccessDeniedError("nobody changes their own access; ask another administrator")


def welcome(
    connection: Connection, subject: str, name: str, roles: Iterable[Role], now: datetime
) -> Account | None:
    """Give the account of somebody whom the organisation's login service names, with these roles.

    A new one is made at the first time; its name never becomes that of an account that is there.
    None where the account is disabled, or where no role is left. Raises StoreError.
    """
    wanted = frozenset(roles)
    row = connection.execute(accounts.select().where(accounts.c.subject == subject)).first()
    if not wanted or (row is not None and row.disabled):
        return None
    if row is None:
        account = add_account(connection, _free_name(connection, name), wanted, None, now)
    else:
        account = Account(row.name, wanted)
    changed = {"roles": account.role_text, "subject": subject}
    connection.execute(update(accounts).where(accounts.c.name == account.name).values(**changed))
    return account


def _free_name(connection: Connection, name: str) -> str:
    """Give a name that no account has: the one that was told, or that with a number."""
    name = _usable(name[: LONGEST_NAME - 4])
    names = (name, *(f"{name} {number}" for number in range(2, 100)))
    taken = set(connection.scalars(select(accounts.c.name).where(accounts.c.name.in_(names))))
    free = next((one for one in names if one not in taken), None)
    if free is None:
        raise StoreError("too many accounts have this name; disable some, or name people apart")
    return free


def disable_account(connection: Connection, name: str) -> None:
    """Shut an account out, at once and everywhere. Raises UnknownAccountError."""
    _change(connection, name, disabled=True)


def issue_token(connection: Connection, name: str, now: datetime) -> str:
    """Make a personal bearer token; it is shown this once. Raises UnknownAccountError."""
    _change(connection, name)
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(tokens).values(digest=digest_of(token), account=name, created_us=to_us(now))
    )
    return token


def revoke_tokens(connection: Connection, name: str) -> int:
    """Make every token of an account worthless; return how many there were."""
    return connection.execute(delete(tokens).where(tokens.c.account == name)).rowcount


def authenticate_token(connection: Connection, token: str) -> Account | None:
    """Recognise the account of a personal token."""
    found = (
        select(accounts)
        .join(tokens, tokens.c.account == accounts.c.name)
        .where(tokens.c.digest == digest_of(token), accounts.c.disabled.is_(False))
    )
    row = connection.execute(found).first()
    return None if row is None else account_of(row)


def account_of(row: Row[Any]) -> Account:
    """Read an account from its row."""
    return Account(row.name, frozenset(Role(role) for role in row.roles.split("+")))


def digest_of(secret: str) -> str:
    """Digest a secret of full entropy, as it is stored."""
    return sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Hash a password for keeping. Raises StoreError when it is too short."""
    if len(password) < MIN_PASSWORD:
        raise StoreError(f"the password is too short; use at least {MIN_PASSWORD} characters")
    with _HASHING:
        return _HASHER.hash(password)


def is_password(stored: str, password: str) -> bool:
    """Say whether a password is the one that was hashed."""
    with _HASHING:
        try:
            return _HASHER.verify(stored, password)
        except VerificationError:
            return False


def _usable(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"an account's name has 1 to {LONGEST_NAME} printable characters; write such a name"
        raise StoreError(msg)
    return name


def _change(connection: Connection, name: str, **values: object) -> None:
    live = update(accounts).where(accounts.c.name == name, accounts.c.disabled.is_(False))
    if not connection.execute(live.values(name=name, **values)).rowcount:
        raise UnknownAccountError(f"no account {name!r}; make it with `anpr user add`")
