"""A PostgreSQL server in a folder: for tests and for a cluster on one machine."""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import psycopg

from deploy.ports import free_port

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "max_connections": "200",
        "work_mem": "16MB",  # a month of visits is grouped in memory
        "max_locks_per_transaction": "256",  # a question over a year of weeks locks hundreds
        "log_error_verbosity": "terse",  # else the server's log quotes rows, which hold plates
        "log_min_error_statement": "panic",
    }
)
"""What a server that keeps zones is told, beside its own defaults."""

VOLATILE: Mapping[str, str] = MappingProxyType({"fsync": "off", "full_page_writes": "off"})
"""For tests: survives any kill of the processes, but not of the machine."""

NAME = "anpr"
"""Of the superuser and of the database."""

SERVICE_USER = "postgres"
"""Whom root runs the server as: it refuses root."""

PATIENCE_S = 60.0


class PostgresError(Exception):
    """The server cannot be run. The message says why, and where its log is."""


def binaries() -> Path | None:
    """Find the folder of the newest server installed here, or None."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    return None if found is None else found.parent


class Postgres:
    """A server whose everything lies in one folder, and which only this machine reaches.

    Started again, it has the same address and what it had acknowledged. Run by root it becomes the
    `postgres` user, whom every folder above must let pass. `port` 0 takes a free one.
    """

    def __init__(self, folder: Path, port: int = 0, settings: Mapping[str, str] = SETTINGS) -> None:
        self.port = port or free_port()
        self.log = folder / "server.log"
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._password = self._folder / "password"
        self._settings = dict(settings)
        self._user = SERVICE_USER if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the server is reached once it was started, with the password made for it."""
        return f"postgresql://{NAME}:{self._password.read_text()}@127.0.0.1:{self.port}/{NAME}"

    @property
    def pid(self) -> int | None:
        """The server that runs, if one does."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, making the cluster the first time, and wait until it answers.

        Raises PostgresError.
        """
        if not (self._data / "PG_VERSION").exists():
            self._make()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            **self._settings,
        }
        told = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = self._run("postgres", "-D", str(self._data), *told)
        try:
            self._wait_started(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop in good order and at once: whoever is connected is cut off."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)

    def kill(self) -> None:
        """Kill every process of the server at the same moment, as a crash would."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGSTOP)  # so that it starts no more children
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (process.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _make(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_urlsafe(24))
        if self._user is not None:
            for path in (self._folder, self._password):
                shutil.chown(path, self._user, self._user)
        made = self._run(
            *("initdb", "--pgdata", str(self._data), "--pwfile", str(self._password)),
            *("--username", NAME, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            "--data-checksums",
        )
        if made.wait():
            raise PostgresError(f"no database could be made in {self._folder}; see {self.log}")

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        folder = binaries()
        if folder is None:
            raise PostgresError("no PostgreSQL on this machine: install its server")
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own arguments
                [folder / program, *arguments],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # an interrupt at the terminal is for us to pass on
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )

    def _wait_started(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not start; see {self.log}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Ask whether the server takes connections, and make the database if it is missing."""
        system = self.url.removesuffix(NAME) + "postgres"
        try:
            with psycopg.connect(system, autocommit=True, connect_timeout=5) as connection:
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(known, [NAME]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.OperationalError:
            return False
        return True


def main() -> None:
    """Run a server until interrupted or terminated; its URL is printed once it answers."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of rows, log and password")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--volatile", action="store_true", help="for tests: trusts the power")
    asked = parser.parse_args()
    settings = {**SETTINGS, **VOLATILE} if asked.volatile else SETTINGS
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Postgres(asked.data, asked.port, settings) as server, suppress(KeyboardInterrupt):
        print(server.url, flush=True)  # noqa: T201 - a command's answer
        signal.pause()


if __name__ == "__main__":
    main()
