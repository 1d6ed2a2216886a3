"""A store is lost and put back from its backup: the log gives what came since."""

import subprocess
from pathlib import Path

import psycopg
import pytest

from deploy.postgres import binaries
from pipeline.commands.upkeep import STORE_TOPICS
from pipeline.reread import reread
from sinks.store.connections import schema_of
from tests.cluster.recording import Recording
from tests.cluster.trial import Trial

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]


def run(program: str, *arguments: str) -> None:
    folder = binaries()
    assert folder is not None
    words = [str(folder / program), *arguments]
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr


def test_a_store_put_back_from_its_backup_catches_up(
    trial: Trial, short: Recording, tmp_path: Path
) -> None:
    """As docs/operations.md has it."""
    url, dump, half = trial.servers.postgres.url, str(tmp_path / "zone.dump"), len(short.reads) // 2
    schema = schema_of(trial.zone)
    trial.prepare(short)
    with trial.cluster({"rules": 1, "sinks": 1}) as cluster:
        trial.feed(short.reads[:half])
        trial.wait_through(cluster)
        run("pg_dump", "--format=custom", f"--schema={schema}", f"--file={dump}", url)
        trial.feed(short.reads[half:])
        trial.wait_through(cluster)
        cluster.scale("sinks", 0)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
        run("pg_restore", "--exit-on-error", f"--dbname={url}", dump)
        with trial.log() as log:
            reread(log, "store", STORE_TOPICS)
        cluster.scale("sinks", 1)
        trial.wait_through(cluster)
    trial.check(short, alerts_were_kept=False)
