"""What docker-compose.yml says of each service, for those who start the same without containers."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).parent.parent / "docker-compose.yml"

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


class ComposeError(Exception):
    """The compose file cannot be used. The message names the service or the variable."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the file describes it, its variables filled in.

    `is_ours`: it runs this repository's image. `published` are the host's ports, by the service's.
    """

    name: str
    is_ours: bool
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    replicas: int
    published: Mapping[int, int]


def read_compose(path: Path = COMPOSE, environ: Mapping[str, str] | None = None) -> list[Service]:
    """Read every service, with variables from `environ`. Raises ComposeError."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    services: Mapping[str, Any] = document["services"]
    return [_service(name, table, environ or {}) for name, table in services.items()]


def fill_in(text: str, environ: Mapping[str, str]) -> str:
    """Put variables into a text: `${NAME}`, `${NAME:-default}`, `${NAME:?why}`, `$$`."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if given := environ.get(name):
            return given
        if found["kind"] == "-":
            return str(found["rest"])
        raise ComposeError(f"the variable {name} is not set: {found['rest'] or 'set it'}")

    return _VARIABLE.sub(value, text)


def _service(name: str, table: Mapping[str, Any], environ: Mapping[str, str]) -> Service:
    command = table.get("command", [])
    words = shlex.split(command) if isinstance(command, str) else command
    ports = [fill_in(port, environ).rsplit(":", 2) for port in table.get("ports", ())]
    return Service(
        name=name,
        is_ours="build" in table,
        image=fill_in(table["image"], environ),
        command=[fill_in(word, environ) for word in words],
        environment={
            key: fill_in(str(text), environ) for key, text in table.get("environment", {}).items()
        },
        replicas=table.get("deploy", {}).get("replicas", 1),
        published={int(inside): int(outside) for _, outside, inside in ports},
    )
