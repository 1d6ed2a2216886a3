"""The plates that people asked for, sealed in the audit: a copy of the store tells nobody of them.

The engine of a zone carries its vault as an execution option, so that every record is sealed
wherever it is written from. The chain covers what is sealed, and is checked without the key.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select

from anpr.lists import wildcard
from anpr.plates import fold
from anpr.time import to_us
from sinks.store.audit import SEALED, VAULT, audit
from sinks.store.schema import events, passages
from sinks.store.upsert import chunks
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
    """Give the records, oldest first, of those who asked for a plate or opened what shows it.

    A pattern or a look-alike that takes the plate in counts: it may have been found by it.
    """
    shown = what_shows(connection, [plate])
    records = select(audit).where(audit.c.at_us >= to_us(since))
    for row, query in opened_records(connection, vault, records):
        if shown.keys() & subjects_of(query) or any(
            takes_in(query, asked, plate) for asked in asked_plates(query)
        ):
            yield row, query


def opened_records(
    connection: Connection, vault: Vault, records: Select[Any]
) -> Iterator[tuple[Row[Any], dict[str, Any]]]:
    """Walk over records, oldest first, with their queries opened."""
    in_order = records.order_by(audit.c.id).execution_options(yield_per=1000)
    with connection.execute(in_order) as rows:
        for row in rows:
            yield row, opened(json.loads(row.query), vault)


def what_shows(connection: Connection, plates: Collection[str]) -> Mapping[str, str]:
    """Tell of each passage and event that shows one of these plates, which it is."""
    return {
        row.id: row.plate
        for table in (passages, events)
        for chunk in chunks(plates)
        for row in connection.execute(
            select(table.c.id, table.c.plate).where(table.c.plate.in_(chunk))
        )
    }


def subjects_of(query: Mapping[str, Any]) -> set[str]:
    """Give the ids of the passage and the event that a record is about."""
    return {query[name] for name in ("passage", "event") if isinstance(query.get(name), str)}


def asked_plates(query: Mapping[str, Any]) -> list[str]:
    """Give the plates and the patterns that a query names."""
    asked = [query.get("plate"), query.get("plate_pattern"), *(query.get("plates") or ())]
    return [one for one in asked if isinstance(one, str)]


def takes_in(query: Mapping[str, Any], asked: str, plate: str) -> bool:
    """Say whether what a query names takes a plate in, by its wildcards or its look-alikes."""
    if wildcard(asked).match(plate):
        return True
    return bool(query.get("look_alikes")) and wildcard(fold(asked)).match(fold(plate)) is not None
