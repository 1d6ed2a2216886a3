"""Whether this machine can carry a zone: its disk, its clock, its port, its certificate."""

import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from shutil import disk_usage
from tempfile import NamedTemporaryFile

from pipeline.certificates import good_until
from pipeline.doctor.findings import Finding, Patient, failure, warning, well

GIB = 1 << 30
SPARE_GIB, LEAST_GIB = 10, 1
SLOW = timedelta(milliseconds=50)
"""A disk slower than this to confirm a write bounds how many frames are taken in."""

MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""Before it there was no such program: a clock that shows an earlier time was never set."""

AHEAD = timedelta(minutes=1)
SOON = timedelta(days=21)
ANSWER_S = 2.0
"""How long a zone that runs already may take to say how it is."""


def data(patient: Patient) -> Iterator[Finding]:
    """Check that the data folder can be written, and how soon a write is safe."""
    folder = patient.settings.data
    if not folder.is_dir():
        yield failure("data", f"{folder} is no folder", "Make it, or name another with --data.")
        return
    begun = time.perf_counter()
    with NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())
    took = timedelta(seconds=time.perf_counter() - begun)
    told = f"a write to {folder} is safe after {took / timedelta(milliseconds=1):.1f} ms"
    if took > SLOW:
        yield warning("data", told, "Use an SSD: frames come in as fast as the disk confirms.")
    else:
        yield well("data", told)


def disk(patient: Patient) -> Iterator[Finding]:
    """Check how much room is left."""
    folder = patient.settings.data
    if not folder.is_dir():
        return
    free = disk_usage(folder).free / GIB
    told = f"{free:,.1f} GiB free at {folder}"
    if free < LEAST_GIB:
        yield failure("disk", told, "Make room: a full disk stops the zone from taking in.")
    elif free < SPARE_GIB:
        yield warning("disk", told, "Make room, or shorten images_days in the site file.")
    else:
        yield well("disk", told)


def clock(patient: Patient) -> Iterator[Finding]:
    """Check the clock against the program's age and against what was written before."""
    now = patient.now()
    remedy = "Set it, and keep it set with NTP (timedatectl set-ntp true)."
    if now < MADE:
        yield failure("clock", f"it shows {now:%Y-%m-%d}", remedy)
        return
    folder = patient.settings.data
    written = [entry.stat().st_mtime for entry in folder.iterdir()] if folder.is_dir() else []
    newest = datetime.fromtimestamp(max(written, default=0), UTC)
    if newest > now + AHEAD:
        told = f"it is behind the newest file in {folder} by {newest - now}"
        yield failure("clock", told, remedy)
    else:
        yield well("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def port(patient: Patient) -> Iterator[Finding]:
    """Check that the address to listen on is free, or that a zone which runs there is well."""
    host, number = patient.settings.host, patient.settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            yield _zone_there(patient) or failure(
                "port", f"{host}:{number}: {error.strerror}",
                "Stop what listens there, or choose another --listen.",
            )  # fmt: skip
            return
    yield well("port", f"{host}:{number} is free")


def _zone_there(patient: Patient) -> Finding | None:
    """Tell what the zone that runs at the address says of itself; nothing, if none does."""
    with closing(_http(patient)) as http:
        try:
            http.request("GET", "/readyz")
            checks = json.loads(http.getresponse().read())["checks"]
        except (OSError, HTTPException, ValueError, LookupError, TypeError):
            return None
    wrong = "; ".join(f"{name}: {told}" for name, told in checks.items() if told != "ok")
    if wrong:
        remedy = "docs/operations.md says what to do when."
        return failure("port", f"a zone runs there, and says {wrong}", remedy)
    return well("port", "a zone runs there, and all that it needs works")


def _http(patient: Patient) -> HTTPConnection:
    """Speak to our own address, whatever name its certificate bears: nothing secret is said."""
    host, number = patient.settings.host, patient.settings.port
    if patient.settings.tls is None:
        return HTTPConnection(host, number, timeout=ANSWER_S)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, number, timeout=ANSWER_S, context=context)


def tls(patient: Patient) -> Iterator[Finding]:
    """Check the certificate that the server presents, where it presents one."""
    pair = patient.settings.tls
    if pair is None:
        return
    until = good_until(pair)
    told = f"{pair.certificate} is good until {until:%Y-%m-%d}"
    if until - patient.now() < SOON:
        yield warning("tls", told, "Renew it now: cameras and browsers refuse an expired one.")
    else:
        yield well("tls", told)
