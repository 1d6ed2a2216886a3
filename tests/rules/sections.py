"""One section to judge, and vehicles that drive it."""

from typing import Any

from anpr.events import CaseClass, Passage, SectionTransit, SectionVerdict
from anpr.lists import Lists
from anpr.signs import DisplayedLimit, Signs
from anpr.sites import Camera, Section, SiteSettings
from rules.data import shipped_law
from rules.section import SectionRule
from tests.rules.passages import after, by_time, passage

SETTINGS = SiteSettings(name="Rupel", timezone="Europe/Brussels", country="BE")
CAMERAS = {
    id_: Camera(id=id_, lat=51, lon=4, clock_error_ms=20) for id_ in ("in", "in2", "out", "out2")
}


def rule(**changes: Any) -> SectionRule:
    """Length 1000 m exactly, so that 36 s is 100 km/h; both clocks within 20 ms."""
    settings = SiteSettings.model_validate({**SETTINGS.model_dump(), **changes.pop("settings", {})})
    cameras = {
        id_: camera.model_copy(update=changes.get("camera", {})) for id_, camera in CAMERAS.items()
    }
    changes.pop("camera", None)
    section = Section.model_validate(
        {
            "id": "n177", "entry": ["in", "in2"], "exit": ["out", "out2"], "length_m": 1000,
            "length_error_m": 0, "limit_kmh": 70, **changes,
        }
    )  # fmt: skip
    return SectionRule(section, settings, cameras, shipped_law())


def exact_rule(**changes: Any) -> SectionRule:
    return rule(camera={"clock_error_ms": 0}, **changes)


def judge(section: SectionRule, *passages: Passage) -> list[SectionTransit]:
    return section.judge(by_time(*passages), Lists())


def only(section: SectionRule, *passages: Passage) -> SectionTransit:
    (transit,) = judge(section, *passages)
    return transit


def drive(travel_s: float, section: SectionRule | None = None, **known: Any) -> SectionTransit:
    return only(section or rule(), passage("in", 0), passage("out", travel_s, **known))


def reason(*passages: Passage, section: SectionRule | None = None) -> str:
    transit = only(section or rule(), *passages)
    assert transit.case_class is CaseClass.NONE
    assert transit.verdict is SectionVerdict.CANCELLED
    return transit.reason


def shown(*limits: tuple[float, int | None]) -> Lists:
    said = (
        DisplayedLimit(section="n177", holds_from=after(at), limit_kmh=kmh) for at, kmh in limits
    )
    return Lists(signs=Signs(enumerate(said, 1)))
