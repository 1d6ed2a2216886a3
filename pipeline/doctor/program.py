"""Whether this program is whole: its interpreter, its packages, its weights."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module, metadata

from ocr.weights import NEEDED, Weights
from pipeline.doctor.findings import Finding, Patient, failure, warning, well
from pipeline.doctor.interpreter import is_optimised, version

PYTHON = (3, 11)
FAST = {
    "crc32c": "without it Kafka is twenty times slower",
    "lz4.frame": "it packs Kafka's messages",
}
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def python(_patient: Patient) -> Iterator[Finding]:
    """Check the interpreter's version, and that it was built to be fast."""
    told = version()
    if sys.version_info < PYTHON:
        yield failure("python", told, "Install Python 3.11 or later.")
    elif is_optimised() is False:
        slow = f"{told}, built without optimisation: a zone takes a fifth more processor time"
        yield warning("python", slow, "Use the distribution's Python, or the container image.")
    else:
        yield well("python", told)


def packages(_patient: Patient) -> Iterator[Finding]:
    """Check that every required package is there, and that those written in C can be loaded."""
    missing = [name for name in required() if not _is_installed(name)]
    if missing:
        yield failure("packages", f"missing: {', '.join(missing)}", "Reinstall zone-anpr.")
    for name, why in FAST.items():
        try:
            import_module(name)
        except ImportError:
            yield failure("packages", f"{name} cannot be loaded; {why}", "Reinstall zone-anpr.")
    if not missing:
        yield well("packages", f"zone-anpr {metadata.version('zone-anpr')} and all that it needs")


def required() -> list[str]:
    """Name the packages that ours declares, without those of its extras."""
    declared = (line.partition(";") for line in metadata.requires("zone-anpr") or ())
    return [
        found.group()
        for requirement, _, marker in declared
        if "extra" not in marker and (found := _NAME.match(requirement))
    ]


def weights(_patient: Patient) -> Iterator[Finding]:
    """Check the shipped weights against their digests."""
    shipped = Weights()
    for name in NEEDED:
        shipped.file(name)
    yield well("weights", f"{len(NEEDED)} files, intact")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
