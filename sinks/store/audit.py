"""The audit: who looked at what, for which purpose, as a chain in which nothing can be changed.

Each record's digest covers the record and the digest before it; the head stands in a row of its
own. Whoever notes the head (`verify_chain` gives it) can later prove that nothing was removed.
What is past its term is cut off at the start; a record of the chain itself says where and why.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from anpr.time import to_us
from sinks.store.engine import writing
from sinks.store.people import LONGEST_NAME, Account
from sinks.store.schema import metadata
from sinks.store.vault import Vault

GENESIS = "0" * 64

CUT = "audit_cut"
"""The action of the record that says where the chain was cut."""

PLATES = frozenset({"plate", "plates", "plate_pattern"})
"""What of a query tells of a vehicle."""

VAULT = "anpr_vault"
"""The execution option under which an engine carries its vault."""

SEALED = "sealed:"
"""How a sealed text begins."""

MACHINE = "zone"
"""Who acts where nobody does: the zone itself, at its chores."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("account", String(LONGEST_NAME), nullable=False),
    Column("role", String(200), nullable=False),
    Column("action", String(40), nullable=False),
    Column("purpose", String(20)),
    Column("case_ref", String(100)),
    Column("decision_ref", String(100)),
    Column("query", Text, nullable=False),
    Column("results", Integer, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index(None, "account", "action", "at_us"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)

_COVERED = ("id", "at_us", "account", "role", "action", "purpose", "case_ref", "decision_ref",
            "query", "results", "previous")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grounds:
    """On what grounds somebody looks: the purpose, the case, and a prosecutor's decision."""

    purpose: str | None = None
    case_ref: str | None = None
    decision_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """What checking the chain gave: its length, its head, and the first record that is wrong."""

    records: int
    head: str
    broken_at: int | None


def record_audit(
    engine: Engine,
    account: Account,
    action: str,
    now: datetime,
    *,
    grounds: Grounds = Grounds(),
    query: Mapping[str, object] | None = None,
    results: int = 0,
) -> None:
    """Record durably that an account did something, before it gets to see the results."""
    with writing(engine) as connection:
        append_audit(
            connection, account.name, account.role_text, action, now,
            grounds=grounds, query=query, results=results,
        )  # fmt: skip


def append_audit(
    connection: Connection,
    name: str,
    role: str,
    action: str,
    now: datetime,
    *,
    grounds: Grounds = Grounds(),
    query: Mapping[str, object] | None = None,
    results: int = 0,
) -> None:
    """Append a record within a transaction that writes; its end makes it durable."""
    # The update comes first: it makes writers queue, so the chain cannot fork.
    following = update(audit_head).values(id=audit_head.c.id + 1)
    head = connection.execute(following.returning(audit_head.c.id, audit_head.c.digest)).one()
    record = {
        "id": head.id,
        "at_us": to_us(now),
        "account": name,
        "role": role,
        "action": action,
        "purpose": grounds.purpose,
        "case_ref": grounds.case_ref,
        "decision_ref": grounds.decision_ref,
        "query": json.dumps(
            _sealed(connection, query or {}), ensure_ascii=False, sort_keys=True, default=str
        ),
        "results": results,
        "previous": head.digest,
    }
    digest = _digest(record)
    connection.execute(insert(audit).values(**record, digest=digest))
    connection.execute(update(audit_head).values(digest=digest))


def cut_audit(engine: Engine, before: datetime, now: datetime) -> int:
    """Erase the records at the chain's start that are older than a moment; tell how many.

    The same transaction records the cut: the last id that went and its digest, on which the rest
    of the chain stands.
    """
    with writing(engine) as connection:
        kept = select(func.min(audit.c.id)).where(audit.c.at_us >= to_us(before))
        first_kept = connection.scalar(kept)
        last = select(audit.c.id, audit.c.digest).order_by(audit.c.id.desc()).limit(1)
        if first_kept is not None:
            last = last.where(audit.c.id < first_kept)
        cut = connection.execute(last).first()
        if cut is None:
            return 0
        gone = connection.execute(delete(audit).where(audit.c.id <= cut.id)).rowcount
        where = {"id": cut.id, "digest": cut.digest, "before": before}
        append_audit(connection, MACHINE, MACHINE, CUT, now, query=where, results=gone)
    return gone


def verify_chain(connection: Connection) -> Chain:
    """Walk the whole chain and compare every digest, the numbering, the cut, and the head."""
    start, expected = start_of(connection)
    count = start
    records = select(audit).order_by(audit.c.id).execution_options(yield_per=1000)
    with connection.execute(records) as rows:
        for row in rows:
            record = {name: getattr(row, name) for name in _COVERED}
            is_next = row.id == count + 1 and row.previous == expected
            if not is_next or row.digest != _digest(record):
                return Chain(count - start, expected, row.id)
            expected, count = row.digest, row.id
    head = connection.execute(select(audit_head)).one()
    is_whole = head.id == count and head.digest == expected
    return Chain(count - start, expected, None if is_whole else count + 1)


def start_of(connection: Connection) -> tuple[int, str]:
    """Give the id and the digest on which the chain stands: its beginning, or its last cut.

    A cut that says anything else than what was there shows at the first record after it.
    """
    last = select(audit.c.query).where(audit.c.action == CUT).order_by(audit.c.id.desc()).limit(1)
    told = connection.scalar(last)
    if told is None:
        return 0, GENESIS
    cut = json.loads(told)
    return int(cut["id"]), str(cut["digest"])


def latest_audit(connection: Connection, limit: int, before: int | None = None) -> list[Row[Any]]:
    """Give the newest records, newest first, from before a record's id on."""
    newest = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        newest = newest.where(audit.c.id < before)
    return list(connection.execute(newest))


def audit_of(connection: Connection, account: str, limit: int) -> list[Row[Any]]:
    """Give the newest records of one account, newest first."""
    own = select(audit).where(audit.c.account == account).order_by(audit.c.id.desc())
    return list(connection.execute(own.limit(limit)))


def grounds_of_last(
    connection: Connection, account: Account, action: str, since: datetime
) -> Grounds | None:
    """Give the grounds on which an account last did something, unless that is too long ago."""
    last = (
        select(audit.c.purpose, audit.c.case_ref, audit.c.decision_ref)
        .where(
            audit.c.account == account.name,
            audit.c.action == action,
            audit.c.at_us > to_us(since),
        )
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    row = connection.execute(last).first()
    return None if row is None else Grounds(*row)


def vault_of(connection: Connection) -> Vault | None:
    """Give the vault that the engine of a connection carries, where it carries one."""
    vault: Vault | None = connection.get_execution_options().get(VAULT)
    return vault


def _sealed(connection: Connection, query: Mapping[str, object]) -> Mapping[str, object]:
    """Seal the plates of a query."""
    vault = vault_of(connection)
    if vault is None:
        return query
    return {
        name: SEALED + vault.seal(json.dumps(value, default=str))
        if name in PLATES and value
        else value
        for name, value in query.items()
    }


def _digest(record: Mapping[str, Any]) -> str:
    return sha256(json.dumps([record[name] for name in _COVERED]).encode()).hexdigest()
