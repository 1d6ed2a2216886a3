"""What one part of a site says of another: every name must lead somewhere.

It looks at the tree as it was written, so that a broken name is reported together with a
missing key elsewhere.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from anpr.errors import Problem
from anpr.sites.values import KNOWN_HOLIDAYS

Tree = Mapping[str, Any]

CONSOLE = "console"
"""The channel that needs no entry."""

CAMERA_KEYS = {
    "sections": ("entry", "exit", "seen_from_behind"),
    "locks": ("entries", "exits", "inside"),
    "zones": ("gates",),
    "overtaking": ("entry", "exit"),
    "lines": ("cameras",),
}


def broken_links(tree: Tree) -> Iterator[Problem]:
    """Find names used twice, names that lead nowhere, and ends that are not two."""
    yield from _duplicates(tree)
    yield from _unknown_cameras(tree)
    yield from _same_ends(tree)
    yield from _unknown_pairs(tree)
    yield from _unknown_calendars(tree)
    yield from _unknown_channels(tree)
    yield from _unknown_places(tree)
    yield from _unknown_carriers(tree)


def _duplicates(tree: Tree) -> Iterator[Problem]:
    for kind in ("cameras", *CAMERA_KEYS):
        ids = Counter(one["id"] for _, one in _tables(tree, kind) if isinstance(one.get("id"), str))
        for name in (name for name, count in ids.items() if count > 1):
            yield Problem(f"{kind} ({name}).id", f"{ids[name]} have this id", "Give each its own.")


def _unknown_cameras(tree: Tree) -> Iterator[Problem]:
    known = _camera_ids(tree)
    for kind, keys in CAMERA_KEYS.items():
        for where, one in _tables(tree, kind):
            for key in keys:
                yield from _strangers(f"{where}.{key}", _texts(one.get(key)), known, "camera")


def _same_ends(tree: Tree) -> Iterator[Problem]:
    for where, section in _tables(tree, "sections"):
        exits = _texts(section.get("exit"))
        for camera in _texts(section.get("entry")):
            if camera in exits:
                yield Problem(
                    f"{where}.exit",
                    f"{camera!r} is its entry too",
                    "Name the camera at the other end.",
                )


def _unknown_pairs(tree: Tree) -> Iterator[Problem]:
    for where, lock in _tables(tree, "locks"):
        pairs = {
            f"{entry}/{leave}"
            for entry in _texts(lock.get("entries"))
            for leave in _texts(lock.get("exits"))
        }
        for pair in _table(lock, "pairs"):
            if pair not in pairs:
                yield Problem(
                    f"{where}.pairs",
                    f"{pair!r} is no entry and exit of this lock",
                    f"Write one of {', '.join(sorted(pairs))}.",
                )


def _unknown_calendars(tree: Tree) -> Iterator[Problem]:
    limits = (
        (f"{where}.limits[{number}]", limit)
        for where, section in _tables(tree, "sections")
        for number, limit in enumerate(_list(section.get("limits")), 1)
        if isinstance(limit, dict)
    )
    service = (
        (f"audit.service_hours[{number}]", hours)
        for number, hours in enumerate(_list(_table(tree, "audit").get("service_hours")), 1)
        if isinstance(hours, dict)
    )
    for where, hours in (*limits, *service, *_tables(tree, "locks"), *_tables(tree, "zones")):
        name = hours.get("except_holidays")
        if isinstance(name, str) and name not in KNOWN_HOLIDAYS:
            yield Problem(
                f"{where}.except_holidays",
                f"no holiday calendar {name!r} is known",
                f"Write one of {', '.join(KNOWN_HOLIDAYS)}.",
            )


def _unknown_channels(tree: Tree) -> Iterator[Problem]:
    known = {CONSOLE, *_table(tree, "channels")}
    for where, route in _tables(tree, "alerts"):
        names = _texts(route.get("channels"))
        yield from _strangers(f"{where}.channels", names, known, "channel")
        for number, further in enumerate(_list(route.get("escalate")), 1):
            if isinstance(further, dict):
                names = _texts(further.get("channels"))
                place = f"{where}.escalate[{number}].channels"
                yield from _strangers(place, names, known, "channel")


def _unknown_carriers(tree: Tree) -> Iterator[Problem]:
    """Look at what carries messages to networks and to owners: the console carries none."""
    known = {*_table(tree, "channels")}
    for kind, key in (("networks", "channels"), ("lists", "owner")):
        for name, table in _table(tree, kind).items():
            if isinstance(table, dict):
                names = _texts(table.get(key))
                yield from _strangers(f"{kind}.{name}.{key}", names, known, "channel")


def _unknown_places(tree: Tree) -> Iterator[Problem]:
    """Look at what the conditions of alerts name."""
    areas = {*_table(tree, "areas")}
    rules = {
        one["id"]
        for kind in ("sections", "locks", "zones")
        for _, one in _tables(tree, kind)
        if isinstance(one.get("id"), str)
    }
    conditions = [(f"{where}.when", _table(one, "when")) for where, one in _tables(tree, "alerts")]
    for where, one in _tables(tree, "inhibits"):
        conditions += [(f"{where}.{key}", _table(one, key)) for key in ("when", "mutes")]
    for where, when in conditions:
        yield from _strangers(
            f"{where}.cameras", _texts(when.get("cameras")), _camera_ids(tree), "camera"
        )
        yield from _strangers(f"{where}.areas", _texts(when.get("areas")), areas, "area")
        yield from _strangers(f"{where}.rules", _texts(when.get("rules")), rules, "rule")


def _strangers(where: str, names: list[str], known: set[str], what: str) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else f"Describe the {what} in this file."
            yield Problem(where, f"no {what} {name!r} is known", remedy)


def _camera_ids(tree: Tree) -> set[str]:
    return {one["id"] for _, one in _tables(tree, "cameras") if isinstance(one.get("id"), str)}


def _tables(tree: Tree, kind: str) -> list[tuple[str, Tree]]:
    """Give the tables of one kind, each with the name of its place."""
    return [
        (_place(kind, number, table), table)
        for number, table in enumerate(_list(tree.get(kind)), 1)
        if isinstance(table, dict)
    ]


def _place(kind: str, number: int, table: Tree) -> str:
    name = table.get("id")
    return f"{kind}[{number}] ({name})" if isinstance(name, str) else f"{kind}[{number}]"


def _table(tree: Tree, key: str) -> Tree:
    table = tree.get(key)
    return table if isinstance(table, dict) else {}


def _texts(value: Any) -> list[str]:
    return [text for text in _list(value) if isinstance(text, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
