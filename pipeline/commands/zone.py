"""`anpr run` and `anpr init`."""

import json
import secrets
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from anpr.sites import parse_site
from pipeline.clock import now
from pipeline.collector import search_seldom
from pipeline.commands.opening import DATABASE, KAFKA, KAFKA_SECURITY, ZONE, mode, opened_store
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, Models, SiteFile, read_text, say
from pipeline.logging import configure_logging
from pipeline.settings import DEFAULT_OCR_WORKERS, DEFAULT_ZONE, STAGES, RunSettings, Tls
from pipeline.wiring import KEYS, SITE_COPY
from pipeline.zone import running
from sinks.evidence.keys import KeyRing
from sinks.store.engine import writing
from sinks.store.people import add_account, issue_token
from sinks.store.rights import Role


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command()(run)
    app.command()(init)


def run(
    site: SiteFile,
    data: DataFolder = DEFAULT_DATA,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:8000",
    stage: Annotated[str, typer.Option(help="Only these, separated by commas.")] = ",".join(STAGES),
    tls_cert: Annotated[Path | None, typer.Option(help="The server's certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    ocr_workers: Annotated[
        int, typer.Option(min=1, help="Readers, one thread each.")
    ] = DEFAULT_OCR_WORKERS,
    kafka: Annotated[
        str | None, typer.Option(envvar=KAFKA, metavar="HOST:PORT", help="The log's brokers.")
    ] = None,
    kafka_security: Annotated[
        Path | None, typer.Option(envvar=KAFKA_SECURITY, help="Their SASL and TLS settings (TOML).")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(envvar=DATABASE, help="The store's PostgreSQL URL, or env:/file: of it."),
    ] = None,
    zone_id: Annotated[
        str, typer.Option("--zone", envvar=ZONE, help="Keeps zones of one cluster apart.")
    ] = DEFAULT_ZONE,
    models: Models = None,
    frame_budget: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="SECONDS", help="Frames that waited longer: key ones only."),
    ] = None,
    *,
    behind_proxy: Annotated[bool, typer.Option(help="A proxy before us does TLS.")] = False,
) -> None:
    """Run a zone: all its stages in one process, or the asked ones over Kafka and PostgreSQL."""
    configure_logging()
    search_seldom()
    text = read_text(site)
    host, port = address(listen)
    settings = RunSettings(
        data=data,
        mode=mode(kafka, kafka_security, database, zone_id),
        host=host,
        port=port,
        tls=tls_files(tls_cert, tls_key),
        behind_proxy=behind_proxy,
        stages=_stages(stage),
        ocr_workers=ocr_workers,
        models=models,
        frame_budget=None if frame_budget is None else timedelta(seconds=frame_budget),
    )
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with running(parse_site(text, str(site)), text, settings, now) as zone:
        scheme = "https" if settings.tls else "http"
        say(f"{scheme}://{host}:{zone.port}")
        stop.wait()


def init(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="The site file to write.")] = Path(
        "site.toml"
    ),
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Ask what a first zone needs; write its site file, an account and a camera's token."""
    if site.exists() and not typer.confirm(f"{site} exists. Overwrite it?"):
        raise typer.Exit(1)
    zone = typer.prompt("Name of the zone", default="Politiezone Rupel")
    timezone = typer.prompt("Time zone", default="Europe/Brussels")
    country = typer.prompt("Country", default="BE")
    camera = typer.prompt("Id of the first camera", default="camera-1")
    lat = typer.prompt("Its latitude", default=51.09, type=float)
    lon = typer.prompt("Its longitude", default=4.37, type=float)
    name = typer.prompt("Your account's name", default="admin")
    password = typer.prompt("Its password", hide_input=True, confirmation_prompt="Once more")

    key_file = data / "secrets" / f"{camera}.token"
    text = SITE.format(
        name=_quoted(zone), timezone=_quoted(timezone), country=_quoted(country),
        camera=_quoted(camera), lat=lat, lon=lon, token=_quoted(f"file:{key_file.absolute()}"),
    )  # fmt: skip
    parse_site(text, str(site))
    with opened_store(data) as engine, writing(engine) as connection:
        add_account(connection, name, [Role.ADMIN, Role.OPERATOR], password, now())
        personal = issue_token(connection, name, now())
    _write_secret(key_file, secrets.token_urlsafe(32))
    _write_secret(data / "secrets" / f"{name}.api-token", personal)
    KeyRing(data / KEYS).prepare(now())
    site.write_text(text, encoding="utf-8")
    (data / SITE_COPY).write_text(text, encoding="utf-8")
    say(
        f"Wrote {site}; the camera's token is in {key_file}, yours beside it.\n"
        f"Next: anpr check {site}, then anpr run {site} --data {data}"
    )


MAX_PORT = 65_535

SITE = """\
[site]
name = {name}
timezone = {timezone}
country = {country}

[[cameras]]
id = {camera}
lat = {lat}
lon = {lon}
token = {token}

[[alerts]]
when = {{ kind = "hit" }}
channels = ["console"]
"""


def _quoted(text: str) -> str:
    """Write a TOML string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _write_secret(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret, encoding="utf-8")


def address(listen: str) -> tuple[str, int]:
    """Read HOST:PORT, an IPv6 host in brackets. Raises typer.BadParameter."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > MAX_PORT:
        raise typer.BadParameter(f"{listen!r} is not HOST:PORT, such as 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def tls_files(certificate: Path | None, key: Path | None) -> Tls | None:
    """Pair the files of TLS; None without any. Raises typer.BadParameter."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise typer.BadParameter("give both --tls-cert and --tls-key")
    for path in (certificate, key):
        if not path.is_file():
            raise typer.BadParameter(f"{path} is not a file")
    return Tls(certificate, key)


def _stages(asked: str) -> frozenset[str]:
    stages = frozenset(filter(None, (name.strip() for name in asked.split(","))))
    if not stages or (unknown := stages - set(STAGES)):
        what = f"unknown: {', '.join(sorted(unknown))}; " if stages else ""
        raise typer.BadParameter(f"{what}choose from {', '.join(STAGES)}")
    return stages
