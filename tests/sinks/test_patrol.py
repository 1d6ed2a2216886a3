"""What a patrol takes along: only what a stop needs, for its unit, from its zone, for a day."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.events import Action, Match
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from sinks.patrol.export import (
    LONGEST,
    PatrolError,
    Search,
    collect,
    new_unit_key,
    new_zone_key,
    seal,
    unseal,
)
from tests.sinks.build import T0, site

UNIT, UNIT_PUBLIC = new_unit_key()
ZONE, ZONE_PUBLIC = new_zone_key()
HOUR = timedelta(hours=1)


def entry(plate: str, **changes: Any) -> Entry:
    return Entry(**{"id": plate, "plate_pattern": plate, "action": Action.STOP, **changes})


ENTRIES = (
    entry("1ABC234", case_ref="AN.30.L1.1/26", notes="violent", legal_basis="art. 44"),
    entry("2DIS777", action=Action.DISCREET),
    entry("3OLD777", valid_to=T0),
    entry("4NEW777", valid_from=T0 + 12 * HOUR),
    entry("5SOO777", valid_from=T0 + 2 * HOUR),
    entry("1A8C999", match_mode=Match.EQUIVALENT),
)


def lists(updated: Any = T0 - HOUR) -> Lists:
    names = ("stolen", "bewoners", "watch")
    return Lists([PlateList(name, 1, updated, ENTRIES) for name in names])


def zone(**settings: Any) -> Site:
    return site(
        lists={"watch": {"visible_to": ["investigator"]}, **settings},
        zones=[{"id": "z", "gates": ["markt"], "permits": ["bewoners"], "action": "flag"}],
    )


def sealed(**changes: Any) -> bytes:
    export = collect(lists(), changes.pop("site", zone()), ["stolen"], T0, 12 * HOUR)
    return seal(export.model_copy(update=changes), ZONE, UNIT_PUBLIC)


def hits(plate: str, at: Any = T0) -> list[tuple[str, str]]:
    search = Search(unseal(sealed(), UNIT, ZONE_PUBLIC, T0))
    found = search.find(plate, None, at)
    return [(one.entry.plate_pattern, one.match.value) for _, one in found]


def test_a_unit_finds_what_a_stop_needs_and_nothing_else_is_in_the_export() -> None:
    assert hits("1ABC234") == [("1ABC234", "exact")]
    assert hits("1ABC999") == [("1A8C999", "equivalent")]
    assert hits("9ZZZ999") == []
    opened = unseal(sealed(), UNIT, ZONE_PUBLIC, T0)
    told = opened.to_json().decode()
    for secret in ("AN.30", "violent", "art. 44", "2DIS777", "3OLD777", "4NEW777"):
        assert secret not in told
    assert opened.lists[0].updated_at == T0 - HOUR


def test_an_entry_holds_in_the_field_when_it_would_hold_at_the_zone() -> None:
    assert hits("5SOO777") == []
    assert hits("5SOO777", T0 + 2 * HOUR) == [("5SOO777", "exact")]


@pytest.mark.parametrize("name", ["watch", "bewoners", "nowhere"])
def test_a_list_that_patrols_may_not_know_is_not_exported(name: str) -> None:
    with pytest.raises(PatrolError, match=name):
        collect(lists(), zone(), [name], T0, HOUR)


def test_a_list_that_was_not_renewed_in_time_asks_for_no_stop() -> None:
    old = zone(stolen={"stale_after_h": 1})
    assert not collect(lists(), old, ["stolen"], T0, HOUR).lists[0].stale
    (held,) = collect(lists(T0 - 2 * HOUR), old, ["stolen"], T0, HOUR).lists
    assert held.stale
    assert {one.action for one in held.entries} == {Action.OBSERVE}


@pytest.mark.parametrize("life", [timedelta(0), LONGEST + timedelta(seconds=1)])
def test_nothing_is_exported_for_longer_than_a_day(life: timedelta) -> None:
    with pytest.raises(PatrolError, match="24 hours"):
        collect(lists(), zone(), ["stolen"], T0, life)


@pytest.mark.parametrize(
    "at, holds",
    [
        (T0 - timedelta(minutes=6), False),
        (T0 + 12 * HOUR - timedelta(seconds=1), True),
        (T0 + 12 * HOUR, False),
    ],
)
def test_an_export_holds_until_its_end_and_not_before_it_was_made(at: Any, holds: bool) -> None:
    if holds:
        unseal(sealed(), UNIT, ZONE_PUBLIC, at)
        return
    with pytest.raises(PatrolError, match="it held from"):
        unseal(sealed(), UNIT, ZONE_PUBLIC, at)


def test_an_export_that_says_it_holds_for_longer_ends_after_a_day_all_the_same() -> None:
    forever = sealed(expires_at=T0 + 1000 * HOUR)
    with pytest.raises(PatrolError, match="it held from"):
        unseal(forever, UNIT, ZONE_PUBLIC, T0 + LONGEST)


def test_a_search_ends_with_the_export() -> None:
    search = Search(unseal(sealed(), UNIT, ZONE_PUBLIC, T0))
    with pytest.raises(PatrolError):
        list(search.find("1ABC234", None, T0 + 12 * HOUR))


def test_only_the_unit_and_only_what_the_zone_signed_can_be_opened() -> None:
    whole = sealed()
    assert b"1ABC234" not in whole
    strange_unit, _ = new_unit_key()
    _, strange_zone = new_zone_key()
    broken = whole[:-1] + bytes([whole[-1] ^ 1])
    for data, unit, public in (
        (whole, strange_unit, ZONE_PUBLIC),
        (whole, UNIT, strange_zone),
        (broken, UNIT, ZONE_PUBLIC),
        (b"", UNIT, ZONE_PUBLIC),
        (whole, "no key", ZONE_PUBLIC),
        (whole, UNIT, "no key"),
    ):
        with pytest.raises(PatrolError):
            unseal(data, unit, public, T0)
