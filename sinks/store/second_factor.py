"""The second factor of an account: a code that a phone shows, new every half minute (RFC 6238)."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import Connection, or_, select, update

from sinks.store.people import accounts
from sinks.store.vault import Vault

STEP = timedelta(seconds=30)
DRIFT = (0, -1, 1)
"""A phone's clock may be one step off."""

ISSUER = "zone-anpr"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new secret, and the address that phones take it from."""

    secret: str
    uri: str


def new_secret(name: str) -> Enrolment:
    """Make a secret for an account; nothing is kept of it yet."""
    return enrolment_of(name, pyotp.random_base32())


def enrolment_of(name: str, secret: str) -> Enrolment:
    """Write the address of a secret."""
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Give the time step whose code this is; None where it is none of now."""
    try:
        totp = pyotp.TOTP(secret)
        present = totp.timecode(now)
        codes = {present + off: totp.generate_otp(present + off) for off in DRIFT}
    except ValueError:  # the secret is no Base32
        return None
    given = "".join(code.split())
    return next(
        (step for step, one in codes.items() if hmac.compare_digest(one.encode(), given.encode())),
        None,
    )


def enrol(connection: Connection, vault: Vault, name: str, secret: str, step: int) -> None:
    """Keep a secret, sealed; from now on the account signs in with its codes, after this step."""
    sealed = {"totp": vault.seal(secret), "totp_used": step}
    connection.execute(update(accounts).where(accounts.c.name == name).values(**sealed))


def drop(connection: Connection, name: str) -> None:
    """Forget a secret, as when a phone is lost."""
    gone = {"totp": None, "totp_used": None}
    connection.execute(update(accounts).where(accounts.c.name == name).values(**gone))


def holders(connection: Connection) -> frozenset[str]:
    """Name the accounts that have a second factor."""
    return frozenset(
        connection.scalars(select(accounts.c.name).where(accounts.c.totp.is_not(None)))
    )


def use(
    connection: Connection, vault: Vault, name: str, sealed: str, code: str, now: datetime
) -> bool:
    """Say whether a code is right, and use it up: each is good for one login."""
    step = step_of(vault.open(sealed), code, now)
    if step is None:
        return False
    is_newer = or_(accounts.c.totp_used.is_(None), accounts.c.totp_used < step)
    spent = update(accounts).where(accounts.c.name == name, is_newer).values(totp_used=step)
    return bool(connection.execute(spent).rowcount)
