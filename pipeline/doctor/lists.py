"""Whether the lists that the site names were ever imported: a zone runs without, and is silent."""

from collections.abc import Iterator
from contextlib import closing

from anpr.errors import UnknownTopicError
from anpr.lists import Lists
from anpr.sites import Site
from pipeline.controls import Controls
from pipeline.doctor.findings import Finding, Patient, warning, well
from pipeline.wiring import open_log


def lists(patient: Patient) -> Iterator[Finding]:
    """Name each list that the site names and nobody imported, and what that comes to."""
    site = patient.site
    if site is None or not (named := _named(site)):
        return
    loaded = _loaded(patient)
    missing = [name for name in named if not loaded.is_loaded(name)]
    for name in missing:
        told = f"{name!r} was never imported: {_without(site, name)}"
        remedy = f"Run anpr hotlist import FILE --list {name}, be the list empty."
        yield warning("lists", told, remedy)
    if not missing:
        yield well("lists", f"{len(named)} named, all imported")


def _named(site: Site) -> list[str]:
    routed = {name for route in site.alerts for name in route.when.lists or ()}
    return sorted({*site.permit_lists, *site.lists, *routed})


def _without(site: Site, name: str) -> str:
    """Say what happens while a list is not there."""
    if name not in site.permit_lists:
        return "it gives no hits"
    concerned = [
        *(f"lock {lock.id} asks a person" for lock in site.locks if lock.permits == name),
        *(
            f"zone {zone.id} does as its fail = {zone.fail!r} says"
            for zone in site.zones
            if name in (*zone.permits, *zone.always)
        ),
    ]
    return " and ".join(concerned)


def _loaded(patient: Patient) -> Lists:
    """Read the lists from the log, where there is one yet."""
    settings = patient.settings
    if settings.mode.kafka is None and not (settings.data / "log").is_dir():
        return Lists()
    with closing(open_log(settings.data, settings.mode, patient.now)) as log:
        try:
            return Controls(log).lists()
        except UnknownTopicError:
            return Lists()
