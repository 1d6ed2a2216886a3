"""Every rule that a site asks for."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from anpr.errors import Problem, SiteError
from anpr.ports import Registry
from anpr.sites import Site
from rules.clone import CloneRule
from rules.data import shipped_law
from rules.hotlist import HotlistRule
from rules.law import Law
from rules.lock import LockRule
from rules.rule import Rule
from rules.section import SectionRule
from rules.zone import ZoneRule


def rules_of(
    site: Site, law: Law | None = None, registries: Mapping[str, Registry] | None = None
) -> tuple[Rule, ...]:
    """Make the rules of a site, by the law that ships with the product unless another is given.

    `registries` by zone; without its registry a zone does as its `fail` says. Raises SiteError
    where the law says nothing of the site's country, or of a calendar or table that it names.
    """
    law = law or shipped_law()
    if problems := _beyond(law, site):
        raise SiteError(site.site.name, problems)
    cameras = {camera.id: camera for camera in site.cameras}
    settings = site.site
    return (
        HotlistRule(site.permit_lists, site.lists),
        *(SectionRule(section, settings, cameras, law) for section in site.sections),
        *(
            LockRule(lock, settings, cameras, law.calendar(lock.except_holidays))
            for lock in site.locks
        ),
        *(
            ZoneRule(
                zone,
                settings,
                law.calendar(zone.except_holidays),
                law.admissions[zone.admission] if zone.admission else None,
                (registries or {}).get(zone.id),
            )
            for zone in site.zones
        ),
        CloneRule(cameras, settings.lateness_s),
    )


def configured(rules: Iterable[Rule]) -> list[SectionRule | LockRule | ZoneRule]:
    """Give those of the rules whose events may become a case: their configuration is evidence."""
    return [rule for rule in rules if isinstance(rule, SectionRule | LockRule | ZoneRule)]


def horizon(site: Site, rules: Iterable[Rule]) -> timedelta:
    """Tell how long the rules of a site must remember a passage.

    The longest travel or stay that is watched, plus how late a read may come, plus the longest
    stall of a stage: a topic kept shorter than that would lose pairs.
    """
    reach = max((rule.reach for rule in rules), default=timedelta())
    return reach + timedelta(seconds=site.site.lateness_s + site.site.stall_s)


def _beyond(law: Law, site: Site) -> list[Problem]:
    """List what the site asks of the law and the law does not have."""
    problems: list[Problem] = []
    if site.sections and site.site.country not in law.margins:
        known = ", ".join(sorted(law.margins))
        problems.append(
            Problem(
                "site.country",
                f"no legal speed margin of {site.site.country!r} is known",
                f"Write one of {known}, or take the sections out.",
            )
        )
    hours = [
        *((f"locks ({lock.id})", lock) for lock in site.locks),
        *((f"zones ({zone.id})", zone) for zone in site.zones),
        *((f"sections ({one.id}).limits", limit) for one in site.sections for limit in one.limits),
    ]
    problems += [
        Problem(
            f"{where}.except_holidays",
            f"no holiday calendar {one.except_holidays!r} is known",
            f"Write one of {', '.join(sorted(law.calendars))}.",
        )
        for where, one in hours
        if one.except_holidays is not None and one.except_holidays not in law.calendars
    ]
    problems += [
        Problem(
            f"zones ({zone.id}).admission",
            f"no admission table {zone.admission!r} is known",
            f"Write one of {', '.join(sorted(law.admissions))}.",
        )
        for zone in site.zones
        if zone.admission is not None and zone.admission not in law.admissions
    ]
    return problems
