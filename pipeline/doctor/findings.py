"""What a check finds, and whom it looks at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from anpr.sites import Site
from pipeline.settings import RunSettings
from pipeline.wiring import Now


class Verdict(StrEnum):
    """How a thing is: a warning can wait until tomorrow, a failure cannot."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is, and what to do where it is not well."""

    check: str
    verdict: Verdict
    told: str
    remedy: str = ""


def well(check: str, told: str) -> Finding:
    """Find that a thing is as it should be."""
    return Finding(check, Verdict.OK, told)


def warning(check: str, told: str, remedy: str) -> Finding:
    """Find that a thing should be seen to."""
    return Finding(check, Verdict.WARNING, told, remedy)


def failure(check: str, told: str, remedy: str) -> Finding:
    """Find that a zone cannot run as it is."""
    return Finding(check, Verdict.FAILURE, told, remedy)


@dataclass(slots=True)
class Patient:
    """The zone to look at: its site file, how it is run, and its surroundings.

    `site` is known once the site file was found to be good.
    """

    site_file: Path
    settings: RunSettings
    now: Now
    secret: Callable[[str], str]
    site: Site | None = field(default=None, init=False)
