"""Whether what the law asks for still holds: certificates of instruments, calendars of holidays."""

from collections.abc import Iterator
from datetime import timedelta

from pipeline.doctor.findings import Finding, Patient, failure, warning, well
from rules.data import shipped_law

SOON = timedelta(days=60)
"""A verification must be ordered, and a calendar comes with a new version."""


def certificates(patient: Patient) -> Iterator[Finding]:
    """Check that the instruments of the sections are verified, today and for a while."""
    if patient.site is None:
        return
    today = patient.now().astimezone(patient.site.site.zone).date()
    for section in patient.site.sections:
        certificate = section.certificate
        if certificate is None:
            continue  # the site's own warning
        ends, starts = certificate.verified_until, certificate.verified_from
        remedy = "Have the instrument verified, and write its new term."
        if ends < today:
            told = f"section {section.id}: its verification ended on {ends}; all is cancelled since"
            yield failure("certificates", told, remedy)
        elif starts is not None and today < starts:
            told = f"section {section.id}: verified from {starts} on; until then all is cancelled"
            yield warning("certificates", told, "Wait, or write its true start.")
        elif ends - today < SOON:
            yield warning("certificates", f"section {section.id}: verified until {ends}", remedy)
        else:
            yield well("certificates", f"section {section.id}: verified until {ends}")


def calendars(patient: Patient) -> Iterator[Finding]:
    """Check that the holiday calendars that the site names reach far enough."""
    if patient.site is None:
        return
    today = patient.now().astimezone(patient.site.site.zone).date()
    hours = (
        *patient.site.locks,
        *patient.site.zones,
        *(limit for section in patient.site.sections for limit in section.limits),
    )
    for name in sorted({one.except_holidays for one in hours if one.except_holidays is not None}):
        calendar = shipped_law().calendars[name]
        if calendar.known_to - today >= SOON:
            yield well("calendars", f"{name}: known until {calendar.known_to}")
            continue
        told = f"{name}: known until {calendar.known_to}; later days count for the driver"
        find = failure if calendar.known_to < today else warning
        yield find("calendars", told, "Install a version with newer calendars.")
