"""The heads of the audit that a running zone leaves elsewhere, every hour of its clock."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from anpr.time import rfc3339
from deploy.processes import wait_for
from pipeline.settings import RunSettings
from pipeline.wiring import HEADS, HEADS_KEY, secret_resolver
from pipeline.zone import RunningZone, running
from sinks.store.audit import audit, audit_head, record_audit, verify_chain
from sinks.store.engine import writing
from sinks.store.heads import check_heads, open_signer
from sinks.store.people import Account
from tests.console.zone import Clock
from tests.sites import SITE_TOML, site

pytestmark = pytest.mark.slow

SECRETS = {**{f"TOKEN_{camera}": "token" for camera in "ABCDEFG"}, "DISPATCH_SECRET": "shared"}
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
AN = Account("an", frozenset())
HOUR = timedelta(hours=1)


@contextmanager
def zone_with(data: Path, clock: Clock, **tables: Any) -> Iterator[RunningZone]:
    settings = RunSettings(data, port=0, stages=frozenset({"sinks"}))
    with running(site(**tables), SITE_TOML, settings, clock, secret_resolver(SECRETS)) as zone:
        yield zone


def heads_in(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def has_heads(path: Path, count: int) -> None:
    wait_for(lambda: len(heads_in(path)) == count, f"{count} heads in {path.name}", 30)


def test_a_running_zone_signs_a_head_every_hour_in_the_place_that_the_site_names(
    tmp_path: Path,
) -> None:
    data, elsewhere, clock = tmp_path / "data", tmp_path / "dpo" / "heads.jsonl", Clock(START)
    with zone_with(data, clock, audit={"heads": str(elsewhere)}) as zone:
        has_heads(elsewhere, 1)
        record_audit(zone.engine, AN, "search", clock())
        clock.pass_(HOUR)
        has_heads(elsewhere, 2)
        at_first, later = heads_in(elsewhere)
        by = open_signer(data / HEADS_KEY).name
        assert [at_first["at"], later["at"]] == [rfc3339(START), rfc3339(START + HOUR)]
        assert (at_first["id"], later["id"]) == (0, 1)
        assert not (data / HEADS).exists()

        with writing(zone.engine) as connection:  # a tail is cut, and the head set back
            connection.execute(delete(audit).where(audit.c.id == 1))
            connection.execute(update(audit_head).values(id=0, digest=at_first["digest"]))
            assert verify_chain(connection).broken_at is None
            lines = elsewhere.read_text().splitlines()
            assert "record 1" in (check_heads(connection, iter(lines), by).wrong or "")
            assert connection.scalars(select(audit.c.id)).all() == []
