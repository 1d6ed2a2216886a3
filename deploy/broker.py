"""A Kafka server of one node, run from its jars: for tests and for a cluster on one machine."""

import argparse
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self
from uuid import uuid4

from deploy.ports import free_port

FOLDER = Path(__file__).parent / "kafka"
POM = FOLDER / "pom.xml"

STARTED = "Kafka Server started"
PATIENCE_S = 60.0

COMPILER = "-XX:TieredStopAtLevel=1"
"""Java's quick compiler alone. The other spends more on a zone's first millions of messages than
they cost: 50 us a read, then 22 after 250 000 reads; this one 29, then 16."""


class BrokerError(Exception):
    """The server cannot be run. The message says why, and where its log is."""


def resolve_jars(folder: Path = FOLDER / "jars") -> Path:
    """Let Maven put the jars of `pom.xml` into a folder, unless they are there; give it.

    Raises BrokerError without Maven or where it fails.
    """
    if (folder / POM.name).exists() and (folder / POM.name).read_bytes() == POM.read_bytes():
        return folder
    maven = _program("mvn", "install Maven")
    with tempfile.TemporaryDirectory(dir=folder.parent) as part:
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        done = subprocess.run(  # noqa: S603 - our own arguments
            [maven, "-q", "-B", "-f", str(POM), *goal, f"-DoutputDirectory={part}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BrokerError(f"Maven could not resolve {POM}:\n{done.stdout}")
        # The copy of the pom comes last: with it the folder is whole.
        folder.mkdir(exist_ok=True)
        for jar in folder.glob("*.jar"):
            jar.unlink()
        for jar in Path(part).iterdir():
            jar.replace(folder / jar.name)
        shutil.copy(POM, folder)
    return folder


class Broker:
    """A server whose messages, settings and log (`server.log`) are in one folder.

    Started again on the same folder, it has the same address and what it had acknowledged. `port`
    0 takes a free one. `settings` come after those of `server.properties` and prevail;
    `$host` and the like are filled in there too. Needs Java 17 or later.
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        host: str = "127.0.0.1",
        heap_mb: int = 384,
        settings: str = "",
    ) -> None:
        self.bootstrap = f"{host}:{port or free_port()}"
        self.log = folder / "server.log"
        self._settings = folder / "server.properties"
        self._more = settings
        self._data = folder / "data"
        self._heap_mb = heap_mb
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int | None:
        """The process that runs, if one does."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, and wait until clients are served. Raises BrokerError with the log's end."""
        self._write_settings()
        if not (self._data / "meta.properties").exists():
            self._format()
        begins_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                self._java("kafka.Kafka", str(self._settings)), stdout=out, stderr=out
            )
        try:
            self._wait_started(self._process, begins_at)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop in good order; kill it after a minute."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once, as a power cut of the process would (the machine's memory survives)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

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

    def _wait_started(self, process: subprocess.Popen[bytes], begins_at: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while STARTED not in (said := self._said(begins_at)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BrokerError(f"Kafka did not start:\n{said[-2000:]}")
            time.sleep(0.05)

    def _write_settings(self) -> None:
        host, port = self.bootstrap.rsplit(":", 1)
        given = (FOLDER / "server.properties").read_text(encoding="utf-8")
        text = Template(f"{given}\n{self._more}\n").substitute(
            host=host, port=port, controller_port=self._controller_port, data=self._data.absolute()
        )
        self._settings.write_text(text, encoding="utf-8")

    def _format(self) -> None:
        # A cluster id is 16 bytes in URL-safe base 64; any will do for a cluster of one.
        cluster = uuid4().hex[:22]
        arguments = ["format", "--cluster-id", cluster, "--config", str(self._settings)]
        done = subprocess.run(  # noqa: S603 - our own arguments
            self._java("kafka.tools.StorageTool", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BrokerError(f"the storage in {self._data} could not be made:\n{done.stdout}")

    def _java(self, main: str, *arguments: str) -> list[str]:
        return [
            _program("java", "install Java 17"),
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseSerialGC",
            COMPILER,
            f"-Dlog4j2.configurationFile={FOLDER / 'log4j2.properties'}",
            "-cp",
            f"{resolve_jars()}/*",
            main,
            *arguments,
        ]

    def _said(self, begins_at: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begins_at)
            return log.read().decode(errors="replace")


def _program(name: str, remedy: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrokerError(f"no {name!r} on this machine: {remedy}")
    return path


def main() -> None:
    """Run a server until interrupted or terminated; its address is printed once it serves."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of messages and log")
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--heap-mb", type=int, default=512)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        Broker(asked.data, asked.port, heap_mb=asked.heap_mb) as broker,
        suppress(KeyboardInterrupt),
    ):
        print(broker.bootstrap, flush=True)  # noqa: T201 - a command's answer
        signal.pause()


if __name__ == "__main__":
    main()
