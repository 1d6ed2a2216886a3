"""Random worlds for laws: sites with every kind of rule, their lists, and reads of few vehicles.

Sites and lists follow from one number each, so that drawing them costs little; reads are drawn
one by one, each with a number whose digits choose what is unusual about it (0: nothing is).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from math import prod
from random import Random
from typing import Any

from hypothesis import strategies as st

from anpr.events import Match, PlateRead
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from tests.rules.passages import LOOK_ALIKE, PLATE, after

CAMERAS = "abcdefgh"
PATTERNS = (PLATE, "1ABCI23", "2XYZ999", "1A?C12*", "*99")

NOBODY = [PlateList(name, 0, None, ()) for name in ("residents", "truckers")]
"""The lists of permits as loaded, with nobody on them."""

FORGETFUL = {"lateness_s": 100, "stall_s": 200}
"""Settings under which a test of an hour forgets."""

SPELL_S = 2000
"""A clone suspect takes two sightings within half an hour; that, and both of the above."""

UNUSUAL: Mapping[str, Sequence[Any]] = {
    "plate": (PLATE, LOOK_ALIKE, "2XYZ999", None),
    "vehicle": (
        {"class": "truck"}, None, {"class": "truck", "confidence": 0.5}, {"class": "car"},
        {"height_m": 3.5},
    ),
    "confidence": (0.95, 0.92, 0.5, None),
    "delay_s": (0, 0, 1, 30, 90, 150, 400, 2400),
    "track": (None, None, "t1", "t2"),
    "characters": ((), (0.99, 0.6, 0.98, 0.7, 0.99, 0.99, 0.95)),
    "country": (None, "BE", "NL"),
    "direction": ("unknown", "approaching", "receding"),
    "time_source": ("camera", "camera", "camera", "receipt"),
    "clock_error_ms": (None, None, 50),
}  # fmt: skip


def sites(*, forgets: bool = False) -> st.SearchStrategy[Site]:
    """Sites with sections (some in a row), locks and zones over eight cameras."""
    return st.integers(0, 499).map(lambda number: site_of(number, forgets=forgets))


@cache
def site_of(number: int, *, forgets: bool = False) -> Site:
    """Give one of the sites."""
    chance = Random(number)  # noqa: S311 - a world, no secret
    pick = chance.choice
    times_s = [40, 100] if forgets else [40, 100, 600]

    def ends() -> tuple[list[str], list[str]]:
        both = chance.sample(CAMERAS, chance.randint(2, 4))
        return both[: len(both) // 2], both[len(both) // 2 :]

    settings = {"name": "any", "timezone": "Europe/Brussels", "country": "BE"}
    cameras = [
        {
            "id": id_, "lat": 51 + 0.02 * place, "lon": 4.3, "merge_s": pick([2, 10]),
            "direction": pick(["in", "out", "through"]), "clock_error_ms": pick([0, 20, 1000]),
        }
        for place, id_ in enumerate(CAMERAS)
    ]  # fmt: skip
    sections, locks, zones = [], [], []
    for place in range(chance.randint(1, 3)):
        entry, exit_ = ends()
        limits = [{"limit_kmh": pick([30, 90]), "from": "11:00", "to": "11:05"}]
        sections.append({
            "id": f"s{place}", "entry": entry, "exit": exit_, "length_m": pick([300, 1240]),
            "limit_kmh": pick([30, 70]), "max_travel_s": pick(times_s),
            "limits": pick([[], limits]),
        })  # fmt: skip
    for place in range(chance.randint(0, 2)):
        entries, exits = ends()
        inside = sorted(set(CAMERAS[:4]) - {*entries, *exits})
        locks.append({
            "id": f"l{place}", "entries": entries, "exits": [*exits, pick([entries[0], *exits])],
            "inside": inside, "through_within_s": 60, "max_stay_s": pick(times_s),
            "permits": pick([None, "truckers"]),
        })  # fmt: skip
    for place in range(chance.randint(0, 1)):
        gates, _ = ends()
        action = pick(["open", "flag"])
        zones.append({
            "id": f"z{place}", "gates": gates, "permits": ["residents"], "action": action
        })  # fmt: skip
    return Site.model_validate({
        "site": settings | (FORGETFUL if forgets else {}),
        "cameras": cameras, "sections": sections, "locks": locks, "zones": zones,
    })  # fmt: skip


def lists() -> st.SearchStrategy[Lists]:
    """Hotlists and permits, each in up to two versions, the second from some moment on."""
    return st.integers(0, 499).map(lists_of)


def lists_of(number: int) -> Lists:
    """Give one of the sets of lists; 0 is none, and of some a list of permits was never loaded."""
    chance = Random(number)  # noqa: S311
    names = ("stolen", "wanted", "residents", "truckers")
    chosen = chance.sample(names, chance.randint(0, 4)) if number else []
    versions = (
        PlateList(
            name, version, after(chance.randint(0, 400)) if version > 1 else None,
            [_entry(name, text, chance) for text in chance.sample(PATTERNS, chance.randint(0, 3))],
        )
        for name in chosen
        for version in range(1, chance.randint(1, 2) + 1)
    )  # fmt: skip
    return Lists([*(NOBODY if number % 4 else ()), *versions])


def _entry(name: str, text: str, chance: Random) -> Entry:
    is_wild = bool({"?", "*"} & set(text))
    modes = [Match.WILDCARD] if is_wild else [Match.EXACT, Match.EQUIVALENT, Match.PROBABLE]
    return Entry(id=f"{name}-{text}", plate_pattern=text, match_mode=chance.choice(modes))


def reads(*, most: int = 18, spells: int = 1) -> st.SearchStrategy[list[PlateRead]]:
    """Reads in the order in which they were received: late ones, doubtful ones, parts of tracks.

    Each spell lies beyond the memory of the one before, or just at its edge.
    """
    second = st.tuples(st.integers(0, spells - 1), st.integers(0, 40).map(lambda tens: 10 * tens))
    varieties = prod(len(choices) for choices in UNUSUAL.values())
    variety = st.one_of(st.just(0), st.integers(0, varieties - 1))
    one = st.builds(read_of, st.sampled_from(CAMERAS), second, variety)
    many = st.lists(one, min_size=most // 3, max_size=most, unique_by=lambda one: one.id)
    return many.map(lambda found: sorted(found, key=lambda one: (one.received_at, one.id)))


def read_of(camera: str, second: tuple[int, int], variety: int) -> PlateRead:
    """Give a read of a camera, of a second within a spell."""
    fields: dict[str, Any] = {}
    for name, choices in UNUSUAL.items():
        variety, place = divmod(variety, len(choices))
        fields[name] = choices[place]
    at = after(SPELL_S * second[0] + second[1])
    received_at = at + timedelta(seconds=fields.pop("delay_s"))
    return PlateRead.model_validate(
        {"camera": camera, "captured_at": at, "received_at": received_at, **fields}
    )
