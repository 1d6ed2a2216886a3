"""The services of docker-compose.yml as plain processes: the same commands, without containers."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.broker import Broker
from deploy.compose import COMPOSE, Service, read_compose
from deploy.ports import free_port
from deploy.postgres import Postgres
from deploy.prepare import DATABASE
from deploy.processes import Process, ProcessError, wait_for

INSIDE = "0.0.0.0:8000"
"""Where every service of ours listens in its container."""

SITE = "/etc/anpr/site.toml"
SECRETS = "/run/secrets"
DATA = "/data"
KAFKA = "kafka:9092"


class Servers:
    """A broker and a database in a folder of this machine, for any number of zones."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # the database's user must be let through, whatever our umask
        self.broker = Broker(folder / "kafka")
        self.postgres = Postgres(folder / "postgres")
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Start both."""
        with ExitStack() as stack:
            stack.enter_context(self.broker)
            stack.enter_context(self.postgres)
            self._running = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop both."""
        self._running.close()


@dataclass(frozen=True, slots=True)
class Places:
    """What stands here for a container's hosts and mounts."""

    bootstrap: str
    site: Path
    secrets: Path
    data: Path

    def command(self, service: Service, listen: str) -> list[str]:
        """Give a service's command for this machine."""
        return [self._here(word, listen) for word in service.command]

    def text(self, text: str) -> str:
        """Give a site file for this machine: its secrets lie elsewhere."""
        return text.replace(f"file:{SECRETS}/", f"file:{self.secrets}/")

    def environment(self, service: Service) -> dict[str, str]:
        """Give a service's variables for this machine."""
        return {name: self._here(value) for name, value in service.environment.items()}

    def _here(self, word: str, listen: str = INSIDE) -> str:
        same = {INSIDE: listen, SITE: str(self.site), DATA: str(self.data), KAFKA: self.bootstrap}
        return same.get(word, self.text(word))


class Cluster:
    """A zone of many processes in a folder: `data`, `secrets`, `site.toml` and a log for each.

    `zone` names it on broker and database. `only` are the services to run, all of ours without.
    `replicas` overrides how many processes a service has. With `published` the ports are those that
    the compose file gives to the host, as far as it gives any; others are free ones.
    """

    def __init__(
        self,
        folder: Path,
        servers: Servers,
        site_text: str,
        *,
        zone: str = "zone",
        only: Iterable[str] | None = None,
        replicas: Mapping[str, int] | None = None,
        environ: Mapping[str, str] | None = None,
        published: bool = False,
        compose: Path = COMPOSE,
    ) -> None:
        services = [one for one in read_compose(compose, {"ANPR_ZONE": zone}) if one.is_ours]
        wanted = set(only) if only is not None else {one.name for one in services}
        self.zone = zone
        self.folder = folder
        self.servers = servers
        self.places = Places(
            servers.broker.bootstrap, folder / "site.toml", folder / "secrets", folder / "data"
        )
        self._services = {one.name: one for one in services if one.name in wanted}
        self._environ = dict(environ or {})
        self._published = published
        self._replicas = dict(replicas or {})
        self._processes: dict[str, list[Process]] = {name: [] for name in self._services}
        for part in (folder / "logs", self.places.data, self.places.secrets):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.places.site.write_text(self.places.text(site_text), encoding="utf-8")
        database = self.places.secrets / DATABASE
        database.touch(mode=0o600)
        database.write_text(servers.postgres.url, encoding="utf-8")

    def __enter__(self) -> Self:
        """Start every service; return without waiting for them."""
        try:
            for service in self._services.values():
                self.scale(service.name, self._replicas.get(service.name, service.replicas))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every process."""
        self.close()

    @property
    def services(self) -> Sequence[Service]:
        """The services that it runs, as the compose file has them."""
        return list(self._services.values())

    def processes(self, *services: str) -> Sequence[Process]:
        """Give the processes of these services, of all without."""
        return [one for name in services or self._services for one in self._processes.get(name, ())]

    def revive(self) -> None:
        """Start again what ended by itself, as the compose file's restart policy does."""
        for process in self.processes():
            if process.has_ended:
                process.start()

    def scale(self, service: str, count: int) -> None:
        """Start or stop processes until a service has so many."""
        processes = self._processes[service]
        while len(processes) > count:
            processes.pop().stop()
        while len(processes) < count:
            processes.append(self._process(self._services[service], len(processes)))
            processes[-1].start()

    def url(self, service: str, number: int = 0) -> str:
        """Give where a service's process serves."""
        return self._processes[service][number].url

    def wait_ready(self, *services: str, patience_s: float = 180.0) -> None:
        """Wait until the processes say that they are ready. Raises ProcessError."""
        for process in self.processes(*services):

            def is_ready(process: Process = process) -> bool:
                process.require_running()
                return process.is_ready()

            try:
                wait_for(is_ready, f"{process.name} is ready", patience_s)
            except ProcessError as error:
                said = process.checks()
                raise ProcessError(f"{error}; it says {said}; {process.tail()}") from error

    def close(self) -> None:
        """Stop every process, all at once."""
        processes = self.processes()
        for process in processes:
            process.ask_to_end()
        for process in processes:
            process.stop()

    def _process(self, service: Service, number: int) -> Process:
        port = free_port()
        if self._published and number == 0 and service.published:
            port = next(iter(service.published.values()))
        command = self.places.command(service, f"127.0.0.1:{port}")
        name = f"{service.name}-{number + 1}"
        return Process(
            name,
            port,
            [sys.executable, "-m", "pipeline.cli", *command],
            {**os.environ, **self.places.environment(service), **self._environ},
            self.folder / "logs" / f"{name}.log",
        )


def main() -> None:
    """Run a zone of many processes until Ctrl-C; say where its console and its cameras are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("site", type=Path, help="the zone's site file")
    parser.add_argument("--folder", type=Path, default=Path("cluster-data"), help="for everything")
    parser.add_argument("--zone", default="zone", help="its name on the broker and the database")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked.folder.mkdir(parents=True, exist_ok=True)
    folder = asked.folder.absolute()
    site_text = asked.site.read_text(encoding="utf-8")
    with suppress(KeyboardInterrupt), Servers(folder / "servers") as servers:
        cluster = Cluster(folder, servers, site_text, zone=asked.zone, published=True)
        with cluster:
            cluster.wait_ready()
            tell(cluster)
            while True:
                time.sleep(1)
                cluster.revive()


def tell(cluster: Cluster) -> None:
    """Print where the processes serve, and how to use the other verbs on them."""
    lines = [f"{process.name:<10} {process.url}" for process in cluster.processes()]
    environment = cluster.places.environment(cluster.services[0])
    exports = " ".join(f"{name}={value}" for name, value in environment.items())
    lines.append(f"{exports} anpr user add NAME --role admin --data {cluster.places.data}")
    print("\n".join(lines), flush=True)  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
