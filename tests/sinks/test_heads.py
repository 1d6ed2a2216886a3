"""Signed heads of the audit chain, kept elsewhere."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, update

from sinks.store.audit import audit, audit_head, cut_audit, record_audit, verify_chain
from sinks.store.engine import writing
from sinks.store.heads import (
    HeadsCheck,
    HourlyHeads,
    Signer,
    check_heads,
    open_signer,
    write_head,
)
from sinks.store.people import Account
from sinks.store.rights import Role
from tests.sinks.build import T0
from tests.sinks.conftest import Clock

AN = Account("an", frozenset({Role.INVESTIGATOR}))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return open_signer(tmp_path / "heads.key")


@pytest.fixture
def heads(engine: Engine, signer: Signer, tmp_path: Path) -> Path:
    """Of a chain of three records, its heads after the first and the third."""
    path = tmp_path / "elsewhere" / "heads.jsonl"
    for number in range(3):
        record_audit(engine, AN, "search", T0 + timedelta(hours=number))
        if number != 1:
            with engine.connect() as connection:
                write_head(connection, signer, path, T0 + timedelta(hours=number))
    return path


def checked(engine: Engine, heads: Path, signer: Signer) -> HeadsCheck:
    with engine.connect() as connection:
        return check_heads(connection, iter(heads.read_text().splitlines()), signer.name)


def test_a_whole_chain_is_borne_out(engine: Engine, heads: Path, signer: Signer) -> None:
    assert checked(engine, heads, signer) == HeadsCheck(2, None)


def test_a_cut_tail_that_the_chain_itself_does_not_show_is_found(
    engine: Engine, heads: Path, signer: Signer
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.id == 3))
        digest = connection.scalar(select(audit.c.digest).where(audit.c.id == 2))
        connection.execute(update(audit_head).values(id=2, digest=digest))
        assert verify_chain(connection).broken_at is None
    assert "record 3" in (checked(engine, heads, signer).wrong or "")


def test_a_chain_that_was_written_anew_is_found(
    engine: Engine, heads: Path, signer: Signer
) -> None:
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.id == 3).values(digest="0" * 64))
    assert "record 3" in (checked(engine, heads, signer).wrong or "")


def test_heads_from_before_a_lawful_cut_are_past(
    engine: Engine, heads: Path, signer: Signer
) -> None:
    assert cut_audit(engine, T0 + timedelta(minutes=1), T0 + timedelta(days=1)) == 1
    assert checked(engine, heads, signer).wrong is None


@pytest.mark.parametrize("change", [{"id": 2}, {"at": "2020-01-01T00:00:00Z"}, {"signature": "x"}])
def test_a_line_that_was_changed_is_no_head(
    engine: Engine, heads: Path, signer: Signer, change: dict[str, object]
) -> None:
    first, second = heads.read_text().splitlines()
    heads.write_text(f"{first}\n{json.dumps({**json.loads(second), **change})}\n")
    assert checked(engine, heads, signer) == HeadsCheck(
        1, "line 2 is not signed by this zone's key"
    )


def test_another_key_signs_no_heads_of_this_zone(
    engine: Engine, heads: Path, tmp_path: Path
) -> None:
    other = open_signer(tmp_path / "other.key")
    assert checked(engine, heads, other).wrong is not None


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "heads.key"
    assert open_signer(path).name == open_signer(path).name
    assert path.stat().st_mode & 0o77 == 0


MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "after, heads",
    [
        (timedelta(0), 1),
        (timedelta(hours=1) - MICROSECOND, 1),
        (timedelta(hours=1), 2),
        (-MICROSECOND, 2),  # a clock that was set back does not stop the heads
    ],
)
def test_a_head_is_signed_every_hour(
    engine: Engine, tmp_path: Path, clock: Clock, after: timedelta, heads: int
) -> None:
    path = tmp_path / "heads.jsonl"
    hourly = HourlyHeads(engine, tmp_path / "heads.key", path, clock)
    hourly.look()
    clock.forward(after)
    hourly.look()
    assert len(path.read_text().splitlines()) == heads


def test_a_head_that_could_not_be_written_is_signed_at_the_next_look(
    engine: Engine, tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "elsewhere" / "heads.jsonl"
    hourly = HourlyHeads(engine, tmp_path / "heads.key", path, clock)
    path.parent.touch()  # something is in the way
    with pytest.raises(OSError, match="exists"):
        hourly.look()
    path.parent.unlink()
    hourly.look()
    assert len(path.read_text().splitlines()) == 1
