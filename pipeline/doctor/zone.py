"""Whether the zone is described well: its site file, and the secrets that it names."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from anpr.errors import ProblemsError, SecretError
from anpr.sites import parse_site, warnings
from pipeline.doctor.findings import Finding, Patient, failure, warning, well


def site(patient: Patient) -> Iterator[Finding]:
    """Check the site file; give every problem, and what is probably not meant."""
    path = patient.site_file
    try:
        patient.site = parse_site(path.read_text("utf-8-sig"), str(path))
    except ProblemsError as error:
        for problem in error.problems:
            yield failure("site", f"{problem.where}: {problem.what}", problem.remedy)
        return
    except UnicodeDecodeError:
        yield failure("site", f"{path} is not UTF-8 text", "Write it as UTF-8.")
        return
    yield well("site", f"{patient.site.site.name}: {len(patient.site.cameras)} cameras")
    for doubt in warnings(patient.site):
        yield warning("site", f"{doubt.where}: {doubt.what}", doubt.remedy)


def secrets(patient: Patient) -> Iterator[Finding]:
    """Check that every secret that the site names can be found. None is shown."""
    if patient.site is None:
        return
    references = sorted(set(references_of(patient.site)))
    missing = 0
    for reference in references:
        try:
            patient.secret(reference)
        except SecretError as error:
            missing += 1
            told, _, remedy = str(error).partition("; ")
            yield failure("secrets", told, remedy)
    if not missing:
        yield well("secrets", f"{len(references)} named, all found")


def references_of(part: Any) -> Iterator[str]:
    """Find each `env:` and `file:` reference in a part of a site, however deep it stands."""
    if isinstance(part, str) and part.startswith(("env:", "file:")):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from references_of(getattr(part, name))
    elif isinstance(part, dict):
        for one in part.values():
            yield from references_of(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from references_of(one)
