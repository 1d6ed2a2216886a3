"""The plates that people asked for, sealed in the audit: a copy of the store tells nobody of them.

The engine of a zone carries its vault as an execution option, so that every record is sealed
wherever it is written from. The chain covers what is sealed, and is checked without the key.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from anpr.lists import wildcard
from anpr.plates import fold
from anpr.time import to_us
from sinks.store.audit import SEALED, VAULT, audit
from sinks.store.schema import passages
from sinks.store.vault import Vault


def with_vault(engine: Engine, vault: Vault) -> Engine:
    """Let every audit record that is written through an engine be sealed."""
    return engine.execution_options(**{VAULT: vault})


def opened(query: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """Read the plates of a record's query; what was never sealed stays as it is."""
    return {
        name: json.loads(vault.open(value[len(SEALED) :]))
        if isinstance(value, str) and value.startswith(SEALED)
        else value
        for name, value in query.items()
    }


def who_asked(
    connection: Connection, vault: Vault, plate: str, since: datetime
) -> Iterator[tuple[Row[Any], dict[str, Any]]]:
    """Give the records, oldest first, of those who asked for a plate or opened its passages.

    A pattern or a look-alike that takes the plate in counts: it may have been found by it.
    """
    own = select(passages.c.id).where(passages.c.plate == plate)
    ids = set(connection.scalars(own))
    records = (
        select(audit)
        .where(audit.c.at_us >= to_us(since))
        .order_by(audit.c.id)
        .execution_options(yield_per=1000)
    )
    with connection.execute(records) as rows:
        for row in rows:
            query = opened(json.loads(row.query), vault)
            if query.get("passage") in ids or _takes_in(query, plate):
                yield row, query


def _takes_in(query: Mapping[str, Any], plate: str) -> bool:
    asked = [query.get("plate"), query.get("plate_pattern"), *(query.get("plates") or ())]
    is_loose = bool(query.get("look_alikes"))
    return any(_is(one, plate, is_loose=is_loose) for one in asked if isinstance(one, str))


def _is(asked: str, plate: str, *, is_loose: bool) -> bool:
    if wildcard(asked).match(plate):
        return True
    return is_loose and wildcard(fold(asked)).match(fold(plate)) is not None
