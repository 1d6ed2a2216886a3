"""A check of everything a running zone needs: how each thing is, and what to do about it."""

from collections.abc import Callable, Iterator

from anpr.errors import AnprError
from pipeline.doctor import evidence, law, lists, machine, program, servers, zone
from pipeline.doctor.findings import Finding, Patient, Verdict, failure

__all__ = ["Finding", "Patient", "Verdict", "diagnose"]

CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    program.python,
    program.packages,
    program.weights,
    zone.site,
    zone.secrets,
    evidence.signing,
    law.certificates,
    law.calendars,
    machine.data,
    machine.disk,
    machine.clock,
    machine.port,
    machine.tls,
    servers.topics,
    lists.lists,
    servers.database,
)


def diagnose(patient: Patient) -> list[Finding]:
    """Check everything, in the order in which a zone needs it; what cannot be checked is a failure.

    A zone may be running meanwhile; nothing of it is changed.
    """
    return [finding for check in CHECKS for finding in _findings(check, patient)]


def _findings(check: Callable[[Patient], Iterator[Finding]], patient: Patient) -> Iterator[Finding]:
    name = check.__name__
    try:
        yield from check(patient)
    except AnprError as error:
        told, _, remedy = str(error).rpartition("; ")
        yield failure(name, told or remedy, remedy if told else "")
    except OSError as error:
        told = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
        yield failure(name, told, "See that it is there and may be read and written.")
