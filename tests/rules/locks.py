"""One truck lock to judge, and vehicles that drive through it."""

from typing import Any

from anpr.events import LockTransit, Passage
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Camera, Lock, SiteSettings
from rules.data import shipped_law
from rules.lock import LockRule
from tests.rules.passages import PLATE, by_time, passage

SETTINGS = SiteSettings(name="Rupel", timezone="Europe/Brussels", country="BE")
CALENDARS = shipped_law().calendars
TRUCK = {"class": "truck", "confidence": 0.95}
CAR = {"class": "car", "confidence": 0.95}


def rule(direction: str = "through", **changes: Any) -> LockRule:
    lock = Lock.model_validate(
        {
            "id": "relst", "entries": ["oost"], "exits": ["west", "zuid"], "inside": ["kerk"],
            "through_within_s": 900, "pairs": {"oost/zuid": 600}, "permits": "relst-permits",
            **changes,
        }
    )  # fmt: skip
    cameras = {
        id_: Camera.model_validate({"id": id_, "lat": 51, "lon": 4, "direction": direction})
        for id_ in ("oost", "west", "zuid", "kerk")
    }
    return LockRule(lock, SETTINGS, cameras, CALENDARS.get(lock.except_holidays or ""))


NOBODY = Lists([PlateList("relst-permits", 0, None, ())])
"""The list of permits was loaded, and nobody has one."""


def truck(camera: str, seconds: float, plate: str = PLATE, **known: Any) -> Passage:
    return passage(camera, seconds, plate, **{"vehicle": TRUCK, **known})


def judge(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> list[LockTransit]:
    return lock.judge(by_time(*passages), lists or NOBODY)


def only(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> LockTransit:
    (transit,) = judge(lock, *passages, lists=lists)
    return transit


def outcome(lock: LockRule, *passages: Passage, lists: Lists | None = None) -> tuple[str, str]:
    transit = only(lock, *passages, lists=lists)
    return transit.verdict, transit.reason


def permits(plate: str = PLATE, **known: Any) -> Lists:
    entry = Entry.model_validate({"id": "p1", "plate_pattern": plate, **known})
    return Lists([PlateList("relst-permits", 3, None, [entry])])


ENDS = (truck("oost", 0), truck("west", 300))
"""A truck that drives through in five minutes."""
