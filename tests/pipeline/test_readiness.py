"""What `/readyz` asks for by stage; and what it and cameras are told while the disk is full."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from anpr.errors import StoreError
from anpr.events import PlateRead
from anpr.time import rfc3339
from anpr.topics import PASSAGES, READS
from deploy.processes import wait_for
from pipeline.settings import Mode, RunSettings
from pipeline.wiring import IMAGES, SITE_COPY, secret_resolver
from pipeline.zone import RunningZone, running
from tests.disks import fill, small_disk
from tests.sites import SITE_TOML, site

pytestmark = pytest.mark.slow

SECRETS = {**{f"TOKEN_{camera}": "token" for camera in "ABCDEFG"}, "DISPATCH_SECRET": "shared"}
STAGES = frozenset({"ingest", "rules", "sinks"})
EMBEDDED = Mode()
DATABASE_AWAY = Mode(database="postgresql://anpr:none@127.0.0.1:1/anpr")


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - cameras push what they see now


@contextmanager
def zone_in(
    data: Path, stages: AbstractSet[str] = STAGES, mode: Mode = EMBEDDED
) -> Iterator[tuple[RunningZone, httpx.Client]]:
    settings = RunSettings(data, mode, port=0, stages=frozenset(stages))
    secret = secret_resolver(SECRETS)
    with running(site(), SITE_TOML, settings, now, secret) as zone:
        headers = {"Authorization": "Bearer token"}
        with httpx.Client(base_url=f"http://127.0.0.1:{zone.port}", headers=headers) as client:
            yield zone, client


def push(client: httpx.Client, plate: str) -> int:
    read = {"camera": "a", "captured_at": rfc3339(now()), "plate": plate, "confidence": 0.9}
    return client.post("/v1/cameras/a/reads", json=read).status_code


def checks(client: httpx.Client) -> dict[str, str]:
    told: dict[str, str] = client.get("/readyz").json()["checks"]
    return told


def is_ready(client: httpx.Client) -> bool:
    return client.get("/readyz").status_code == HTTPStatus.OK


ALWAYS = {"threads", "log", "disk", "watch", "stages", "state", "lag"}
"""On one machine, where the log is in the data folder too."""


@pytest.mark.parametrize(
    "stages, needed",
    [
        ({"rules"}, ALWAYS),
        ({"rules", "ingest"}, ALWAYS | {"frames"}),
        ({"sinks"}, ALWAYS | {"store"}),
    ],
)
def test_a_process_is_ready_once_it_has_what_its_own_stages_need(
    tmp_path: Path, stages: set[str], needed: set[str]
) -> None:
    with zone_in(tmp_path, stages) as (_, client):
        wait_for(lambda: is_ready(client), "it is ready", 30)
        assert checks(client).keys() == needed


def test_who_keeps_no_rows_starts_and_judges_while_the_database_is_away(tmp_path: Path) -> None:
    with zone_in(tmp_path, {"ingest", "rules"}, DATABASE_AWAY) as (zone, client):
        assert push(client, "1ABC001") == HTTPStatus.ACCEPTED
        wait_for(lambda: len(zone.log.read(PASSAGES)) == 1, "it is a passage", 30)
        wait_for(lambda: is_ready(client), "it is ready", 30)
        with pytest.raises(StoreError, match="no store"):
            _ = zone.engine
    assert {path.name for path in tmp_path.iterdir()} == {SITE_COPY, IMAGES, "log"}


@pytest.mark.parametrize("stage", ["sinks", "console"])
def test_who_keeps_rows_says_at_once_that_the_database_is_away(tmp_path: Path, stage: str) -> None:
    with (
        pytest.raises(StoreError, match="cannot be opened"),
        zone_in(tmp_path, {stage}, DATABASE_AWAY),
    ):
        pass


@pytest.mark.parametrize(
    "stage, needs", [("ingest", False), ("ocr", True), ("rules", False), ("sinks", True)]
)
def test_beside_brokers_only_who_keeps_something_needs_a_disk(
    tmp_path: Path, stage: str, needs: bool
) -> None:
    settings = RunSettings(tmp_path, Mode("broker:9092"), stages=frozenset({stage}))
    assert settings.needs_disk is needs


def test_a_full_disk_is_told_refused_and_survived() -> None:
    with small_disk(400) as disk:
        with zone_in(disk / "data") as (_, client):
            wait_for(lambda: is_ready(client), "it is ready", 30)
            assert push(client, "1ABC001") == HTTPStatus.ACCEPTED
            fill(disk / "ballast")
            assert "MiB free" in checks(client)["disk"]
            refused = kept = 0
            while not refused:
                answer = push(client, f"1FUL{kept:03}")
                refused += answer == HTTPStatus.SERVICE_UNAVAILABLE
                kept += answer == HTTPStatus.ACCEPTED
                assert refused + kept, "it is taken in, or refused for now"
            (disk / "ballast").unlink()
            wait_for(
                lambda: push(client, "1ABC002") == HTTPStatus.ACCEPTED, "it takes in again", 30
            )
            wait_for(lambda: is_ready(client), "it is ready again", 60)
        with zone_in(disk / "data") as (zone, client):
            reads = [
                PlateRead.model_validate_json(one.record.value) for one in zone.log.read(READS)
            ]
    plates = [read.plate for read in reads]
    assert len(plates) == len(set(plates)) == kept + 2
    assert {"1ABC001", "1ABC002"} <= set(plates)
