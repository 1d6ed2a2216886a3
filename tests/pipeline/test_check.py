import io

import pytest
from rich.console import Console

from anpr.sites import Hours, Site, parse_site
from pipeline.check import address, branch, draw, duration, hours, view
from tests.sites import SITE_TOML, site


def drawn(zone: Site) -> str:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    with console.capture() as capture:
        console.print(draw(zone))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


ZONE = """\
Politiezone Rupel  BE, Europe/Brussels; a passage is remembered for 19 h

Cameras
  a  N177 Noord  in       51.0901 4.3702  ±20 ms
  b  N177 Zuid   in       51.0790 4.3699  ±20 ms
  c  Relst Oost  in       51.0700 4.3800  ±20 ms  triggered, plates 60-220 px
  d  Relst West  out      51.0710 4.3600  ±20 ms
  e  Relst Zuid  out      51.0650 4.3700  ±20 ms
  f  Relst Kerk  through  51.0690 4.3710  ±20 ms
  g  Markt       in       51.0800 4.3650  ±20 ms

Sections
  n177  a ─▶ b
        1240 ± 1 m, 70 km/h
        BE-2024-7, verified until 2028-05-01

Locks
  relst  c  ─┬▶ d  through within 15 min
             └▶ e  through within 10 min
                   truck, daily
                   stop proven at f
                   exempt: relst-permits

Zones
  centrum  g ─▶ bewoners
           others are flagged

Alerts
  hit, priority 50 and up  ─▶ dispatch, console
  dispatch                 webhook at https://dispatch.example"""


def test_a_zone_is_drawn_in_eighty_columns() -> None:
    assert drawn(site()) == ZONE


def test_warnings_stand_below_the_drawing() -> None:
    zone = parse_site(SITE_TOML.replace('token = "env:TOKEN_A"', ""), "site.toml")
    _, warned = drawn(zone).split("\nWarnings\n")
    assert warned.split() == [
        "!", "cameras", "(a).token:", "without", "a", "token", "the", "camera", "cannot", "push.",
        "Write", "token", "=", "'env:NAME'", "or", "'file:PATH'.",
    ]  # fmt: skip


def test_where_a_camera_reads_is_told() -> None:
    region = "region = [[0, 0.4], [1, 0.4], [1, 1], [0, 1]]\nignore = [[[0, 0], [1, 0], [0, 1]]]"
    zone = parse_site(SITE_TOML.replace("plate_px = [60, 220]", region), "site.toml")
    camera = zone.camera("c")
    assert camera
    assert view(camera) == "triggered, reads 60% of its view, 1 masked"


def test_what_a_zone_lacks_has_no_heading() -> None:
    bare = site(sections=[], locks=[], zones=[], alerts=[], channels={})
    assert not {"Sections", "Locks", "Zones", "Alerts"} & set(drawn(bare).splitlines())


def test_a_name_with_brackets_is_shown_as_it_is() -> None:
    zone = parse_site(SITE_TOML.replace("N177 Noord", "[red]N177[/red]"), "site.toml")
    assert "[red]N177[/red]" in drawn(zone)


@pytest.mark.parametrize(
    "count, ways", [(1, ["──▶"]), (2, ["─┬▶", " └▶"]), (3, ["─┬▶", " ├▶", " └▶"])]
)
def test_the_ways_to_the_exits_branch(count: int, ways: list[str]) -> None:
    assert [branch(number, count) for number in range(count)] == ways


@pytest.mark.parametrize(
    "seconds, text",
    [(900, "15 min"), (90, "90 s"), (3600, "1 h"), (5400, "90 min"), (0.5, "0.5 s"), (59, "59 s")],
)
def test_a_duration_is_written_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    "when, text",
    [
        ({}, "daily"),
        ({"days": ("sat", "sun")}, "sat sun"),
        ({"from": "07:00", "to": "19:30"}, "daily 07:00-19:30"),
        ({"except_holidays": "belgian-public"}, "daily, not on belgian-public"),
    ],
)
def test_hours_are_written_short(when: dict[str, object], text: str) -> None:
    assert hours(Hours.model_validate(when)) == text


def test_the_address_of_a_channel_hides_what_may_be_a_secret() -> None:
    assert address("https://me:pw@host.example:8443/t0ken?key=1") == "https://host.example:8443"


def test_where_packages_go_is_drawn_without_who_logs_in() -> None:
    told = """
    [receivers.traffic]
    to = "sftp://anpr@traffic.example:22/in"
    secret = "env:TRAFFIC"
    host_key = "ssh-ed25519 AAAA"
    cases = ["lock_transit"]
    [receivers.court]
    to = "folder:/mnt/court"
    """
    text = drawn(parse_site(SITE_TOML + told, "site.toml"))
    assert "traffic  ─▶ sftp://traffic.example:22: lock_transit" in text
    assert "court    ─▶ /mnt/court: section_transit, lock_transit, access" in text
    assert max(map(len, text.splitlines())) <= 80
