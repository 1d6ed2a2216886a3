"""Dossiers: a question with what it found, kept under its case, with notes; and their annex."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from anpr.time import rfc3339
from console.asking import Told, ask
from console.context import Console
from console.investigating import dark_out
from console.problems import NothingHereError
from console.question import Question
from sinks.store.audit import Grounds, append_audit
from sinks.store.dossiers import (
    NOTE,
    QUESTION,
    Dossier,
    DossierItem,
    close_dossier,
    dossier_by_id,
    find_dossiers,
    items_of,
    keep,
    open_dossier,
)
from sinks.store.engine import writing
from sinks.store.people import Account

MOST_DOSSIERS = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A question in a dossier: what was asked, when, by whom, what it gave, and what was dark."""

    item: DossierItem
    kind: str
    question: Mapping[str, Any]
    since: str
    until: str
    rows: tuple[Mapping[str, Any], ...]
    is_partial: bool
    dark: tuple[Mapping[str, Any], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A dossier with all it holds, oldest first: questions and notes."""

    dossier: Dossier
    items: tuple[Kept | DossierItem, ...]


def keep_question(
    console: Console, account: Account, kind: str, question: Question, note: str
) -> tuple[Dossier, int, Told]:
    """Ask, and keep the question with its answer under its case. Raises what the gate raises."""
    told = ask(console, account, kind, question)
    now = console.now()
    body = json.dumps(_written(kind, question, told, note), ensure_ascii=False)
    with writing(console.engine) as connection:
        dossier = open_dossier(connection, question.case_ref, account.name, now)
        item = keep(connection, dossier.id, account.name, QUESTION, body, now)
        append_audit(
            connection, account.name, account.role_text, "dossier_keep", now,
            grounds=question.grounds, query={"dossier": dossier.id, "item": item, "kind": kind},
            results=len(told.rows),
        )  # fmt: skip
    return dossier, item, told


def add_note(console: Console, account: Account, number: int, text: str) -> int:
    """Write a note into a dossier. Raises NothingHereError."""
    now = console.now()
    with writing(console.engine) as connection:
        dossier = dossier_by_id(connection, number)
        if dossier is None:
            raise NothingHereError
        item = keep(connection, number, account.name, NOTE, text, now)
        _record(connection, account, "dossier_note", dossier, now)
    return item


def end_dossier(console: Console, account: Account, number: int, *, is_closed: bool) -> Dossier:
    """Close a dossier, from when it is kept for its term; or open it again."""
    now = console.now()
    with writing(console.engine) as connection:
        dossier = dossier_by_id(connection, number)
        if dossier is None:
            raise NothingHereError
        close_dossier(connection, number, now if is_closed else None)
        _record(connection, account, "dossier_close" if is_closed else "dossier_open", dossier, now)
        changed = dossier_by_id(connection, number)
    if changed is None:
        raise NothingHereError
    return changed


def read_dossier(console: Console, account: Account, number: int, action: str) -> Opened:
    """Open a dossier and put it into the audit first. Raises NothingHereError."""
    now = console.now()
    with writing(console.engine) as connection:
        dossier = dossier_by_id(connection, number)
        if dossier is None:
            raise NothingHereError
        items = items_of(connection, number)
        _record(connection, account, action, dossier, now, len(items))
    return Opened(dossier, tuple(_kept(one) if one.kind == QUESTION else one for one in items))


def dossiers_of(console: Console, account: Account, before: int | None) -> list[Dossier]:
    """Give the dossiers, newest first, and put it into the audit."""
    now = console.now()
    with writing(console.engine) as connection:
        found = find_dossiers(connection, MOST_DOSSIERS, before)
        append_audit(
            connection, account.name, account.role_text, "dossiers", now, results=len(found)
        )
    return found


def _record(
    connection: Connection,
    account: Account,
    action: str,
    dossier: Dossier,
    now: datetime,
    results: int = 1,
) -> None:
    append_audit(
        connection, account.name, account.role_text, action, now,
        grounds=Grounds(None, dossier.case_ref), query={"dossier": dossier.id}, results=results,
    )  # fmt: skip


def _written(kind: str, question: Question, told: Told, note: str) -> dict[str, object]:
    answer = told.answer
    return {
        "kind": kind,
        "question": json.loads(question.text),
        "from": rfc3339(answer.period.since),
        "to": rfc3339(answer.period.until),
        "rows": [
            {
                name: rfc3339(value) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in told.rows
        ],
        "partial": answer.next is not None,
        "dark": [one.model_dump(mode="json") for one in dark_out(answer.dark)],
        "note": note,
    }


def _kept(item: DossierItem) -> Kept:
    body = json.loads(item.body)
    return Kept(
        item=item,
        kind=body["kind"],
        question=body["question"],
        since=body["from"],
        until=body["to"],
        rows=tuple(body["rows"]),
        is_partial=body["partial"],
        dark=tuple(body["dark"]),
        note=body["note"],
    )
