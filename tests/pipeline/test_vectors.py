"""The published Belgian examples, replayed from reads to cases."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from anpr.events import SectionTransit
from anpr.lists import Lists
from anpr.sites import Site
from pipeline.replay import recorded_reads, replay


def zone(measured_kmh: int, **section: Any) -> Site:
    """A section that takes 36 s at the measured speed, with exact clocks and survey."""
    return Site.model_validate(
        {
            "site": {"name": "Rupel", "timezone": "Europe/Brussels", "country": "BE"},
            "cameras": [
                {"id": name, "lat": 51, "lon": 4, "clock_error_ms": 0} for name in ("in", "out")
            ],
            "sections": [
                {
                    "id": "n177", "entry": ["in"], "exit": ["out"], "length_m": measured_kmh * 10,
                    "length_error_m": 0, **section,
                }
            ],
        }
    )  # fmt: skip


def replayed(site: Site, *reads: dict[str, Any]) -> list[SectionTransit]:
    known = {"plate": "1ABC123", "confidence": 0.97}
    found = replay(site, Lists(), recorded_reads(json.dumps({**known, **one}) for one in reads))
    assert found.problems == ()
    return [one for one in found.events if isinstance(one, SectionTransit)]


DRIVE = (
    {"camera": "in", "captured_at": "2026-03-02T10:00:00+01:00"},
    {"camera": "out", "captured_at": "2026-03-02T10:00:36+01:00"},
)


@pytest.mark.parametrize(
    ("limit", "built_up", "local", "measured", "corrected", "case_class", "eur"),
    [
        (30, True, True, 37, 31, "gas5", 53), (30, True, True, 46, 40, "gas5", 53),
        (30, True, True, 47, 41, "gas5", 64), (30, False, True, 47, 41, "gas5", 59),
        (30, True, True, 51, 45, "gas5", 108), (30, False, True, 51, 45, "gas5", 83),
        (30, True, True, 48, 42, "gas5", 75), (30, True, False, 48, 42, "immediate_collection", 75),
        (30, True, True, 60, 54, "immediate_collection", 207),
        (50, False, True, 80, 74, "immediate_collection", 137),
        (120, False, False, 128, 120, "none", None),
        (120, False, False, 129, 121, "immediate_collection", 53),
        (120, False, False, 140, 131, "immediate_collection", 59),
        (120, False, False, 159, 149, "immediate_collection", 167),
        (30, True, True, 67, 61, "court", None),
    ],
)  # fmt: skip
def test_a_published_example_comes_out_of_its_reads(
    limit: int,
    built_up: bool,
    local: bool,
    measured: int,
    corrected: int,
    case_class: str,
    eur: int | None,
) -> None:
    site = zone(measured, limit_kmh=limit, built_up=built_up, locally_financed=local)
    (transit,) = replayed(site, *DRIVE)
    assert (transit.measured_kmh, transit.corrected_kmh) == (measured, corrected)
    assert (transit.case_class, transit.amount_eur) == (case_class, eur)
    assert (transit.verdict == "violation") is (corrected > limit)


@pytest.mark.parametrize(
    ("entered", "left"),
    [
        ("2026-03-02T23:59:42+01:00", "2026-03-03T00:00:18+01:00"),
        ("2026-03-29T01:59:42+01:00", "2026-03-29T03:00:18+02:00"),
        ("2026-10-25T02:59:42+02:00", "2026-10-25T02:00:18+01:00"),
        ("2026-12-31T23:59:42+01:00", "2027-01-01T00:00:18+01:00"),
    ],
)
def test_midnight_and_a_change_of_the_clock_are_ordinary_moments(entered: str, left: str) -> None:
    reads = ({"camera": "in", "captured_at": entered}, {"camera": "out", "captured_at": left})
    (transit,) = replayed(zone(80, limit_kmh=50), *reads)
    assert (transit.duration_s, transit.measured_kmh, transit.amount_eur) == (36.0, 80.0, 137)


SCHOOL = [
    {"limit_kmh": 30, "days": ["mon", "tue", "thu", "fri"], "from": start, "to": end,
     "except_holidays": "flemish-schools"}
    for start, end in (("08:00", "08:50"), ("12:00", "13:00"), ("15:10", "15:40"))
] + [
    {"limit_kmh": 30, "days": ["wed"], "from": start, "to": end,
     "except_holidays": "flemish-schools"}
    for start, end in (("08:00", "08:50"), ("12:00", "13:00"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("entered", "limit"),
    [
        ("2026-03-02T07:59:59+01:00", 50), ("2026-03-02T08:00:00+01:00", 30),
        ("2026-03-02T08:49:23+01:00", 30), ("2026-03-02T08:49:24+01:00", 50),
        ("2026-03-02T15:20:00+01:00", 30), ("2026-03-04T15:20:00+01:00", 50),
        ("2026-03-04T12:30:00+01:00", 30), ("2026-03-07T12:30:00+01:00", 50),
        ("2026-02-17T12:30:00+01:00", 50), ("2026-07-01T12:30:00+02:00", 50),
        ("2026-09-01T12:30:00+02:00", 30), ("2026-11-11T12:30:00+01:00", 50),
        ("2029-03-05T12:30:00+01:00", 50),
    ],
)  # fmt: skip
def test_a_school_street_has_its_limit_on_school_days(entered: str, limit: int) -> None:
    """The hours of Maaseik; beyond the calendar the higher limit counts."""
    left = datetime.fromisoformat(entered) + timedelta(seconds=36)
    reads = (
        {"camera": "in", "captured_at": entered},
        {"camera": "out", "captured_at": left.isoformat()},
    )
    (transit,) = replayed(zone(50, limit_kmh=50, limits=SCHOOL), *reads)
    assert transit.limit_kmh == limit
