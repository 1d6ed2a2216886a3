from datetime import timedelta

import pytest

from anpr.errors import SiteError
from anpr.sites import Site
from rules.all import horizon, rules_of
from rules.data import shipped_law
from rules.law import Law
from tests.sites import site


def test_a_site_gets_the_rules_it_asks_for() -> None:
    ids = [rule.id for rule in rules_of(site())]
    assert ids == ["hotlist", "section/n177", "lock/relst", "zone/centrum", "clone"]


def test_a_bare_site_still_has_hotlists_and_clones() -> None:
    bare = site(sections=[], locks=[], zones=[])
    assert [rule.id for rule in rules_of(bare)] == ["hotlist", "clone"]


def abroad(country: str, **tables: object) -> Site:
    settings = {"name": "Elders", "timezone": "Europe/Luxembourg", "country": country}
    return site(site=settings, **tables)


def test_a_section_in_a_country_without_a_known_margin_is_refused() -> None:
    with pytest.raises(SiteError, match=r"site.country: no legal speed margin of 'LU'"):
        rules_of(abroad("LU"))


def test_without_sections_no_margin_is_needed() -> None:
    assert rules_of(abroad("LU", sections=[]))


def test_a_calendar_that_the_law_does_not_have_is_refused_with_its_key() -> None:
    shipped = shipped_law()
    law = Law(shipped.margins, shipped.fines, calendars={})
    lock = site().locks[0].model_copy(update={"except_holidays": "flemish-schools"})
    zone = site().model_copy(update={"locks": (lock,)})
    with pytest.raises(SiteError, match=r"locks \(relst\).except_holidays: no holiday calendar"):
        rules_of(zone, law)


def test_the_horizon_is_the_longest_reach_plus_lateness_plus_stall() -> None:
    def horizon_of(zone: Site) -> timedelta:
        return horizon(zone, rules_of(zone))

    assert horizon_of(site()) == timedelta(seconds=43200 + 3600 + 21600)
    assert horizon_of(site(locks=[])) == timedelta(seconds=2 * 1800 + 3600 + 21600)
    assert horizon_of(site(locks=[], sections=[])) == timedelta(seconds=1800 + 3600 + 21600)
