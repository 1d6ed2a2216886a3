import pytest
from pydantic import ValidationError

from anpr.sites import Site, parse_site, warnings
from anpr.sites.channels import secrets_of
from tests.sites import SITE_TOML, site

FULL = """
[site]
name = "Politiezone Rupel"
timezone = "Europe/Brussels"
country = "BE"
lateness_s = 3600
stall_s = 21600

[[cameras]]
id = "n177-noord-in"
name = "N177 Noord, richting Boom"
lat = 51.0901
lon = 4.3702
direction = "in"
clock_error_ms = 20
token = "env:CAMERA_N177_TOKEN"
triggered = false
late_after_s = 60
silent_after_s = 3600

[[cameras]]
id = "n177-zuid-in"
lat = 51
lon = 4

[[sections]]
id = "n177-boom"
entry = ["n177-noord-in"]
exit = ["n177-zuid-in"]
length_m = 1240.0
length_error_m = 1.0
limit_kmh = 70
min_confidence = 0.9
max_travel_s = 1800
built_up = false
locally_financed = true
certificate = { device = "SN-1", approval = "BE-1", verified_until = 2028-05-01 }
[[sections.limits]]
limit_kmh = 30
days = ["mon", "tue", "thu", "fri"]
from = "08:00"
to = 08:50:00
except_holidays = "flemish-schools"

[[locks]]
id = "relst"
entries = ["n177-noord-in"]
exits = ["n177-zuid-in"]
inside = []
through_within_s = 900
pairs = { "n177-noord-in/n177-zuid-in" = 600 }
review_max_per_day = 200
classes = ["truck"]
class_confidence = 0.8
min_height_m = 3.0
days = ["mon", "tue", "wed", "thu", "fri"]
from = "07:00"
to = "19:00"
permits = "relst-permits"

[[zones]]
id = "centrum"
gates = ["n177-zuid-in"]
permits = ["bewoners", "nooddiensten"]
action = "open"
actuator = "https://127.0.0.1:8443/bollard/markt"
secret = "env:BOLLARD_SECRET"
fail = "open"

[[alerts]]
when = { kind = "hit", priority_min = 50 }
channels = ["dispatch", "console"]
repeat_after_s = 600
[channels.dispatch]
type = "webhook"
url = "https://dispatch.example/anpr"
secret = "file:/run/secrets/dispatch"

[retention]
passages_days = 365
images_days = 30
cleared_days = 14
hits_days = 365
visits_days = 30
cases_days = 365
dead_letters_days = 7
audit_days = 3650
statistics_days = 3650
"""

SMALLEST = """
[site]
name = "Z"
timezone = "Europe/Brussels"
country = "BE"
[[cameras]]
id = "a"
lat = 51.0
lon = 4.0
[[cameras]]
id = "b"
lat = 51.0
lon = 4.0
[[sections]]
id = "s"
entry = ["a"]
exit = ["b"]
length_m = 1000
limit_kmh = 50
[[locks]]
id = "l"
entries = ["a"]
exits = ["b"]
through_within_s = 600
[[zones]]
id = "z"
gates = ["a"]
permits = ["p"]
action = "flag"
"""


def test_every_key_is_read() -> None:
    zone = parse_site(FULL, "site.toml")
    [limit] = zone.sections[0].limits
    assert (limit.from_.hour, limit.to.minute) == (8, 50)
    assert zone.locks[0].pairs == {"n177-noord-in/n177-zuid-in": 600}
    assert secrets_of(zone.channels["dispatch"])[0].startswith("file:")
    assert zone.permit_lists == {"relst-permits", "bewoners", "nooddiensten"}


def test_all_but_the_required_keys_have_a_default() -> None:
    zone = parse_site(SMALLEST, "site.toml")
    assert (zone.site.lateness_s, zone.site.stall_s) == (3600, 21600)
    camera = zone.cameras[0]
    assert (camera.direction, camera.token, camera.triggered) == ("through", None, False)
    assert (camera.merge_s, camera.late_after_s, camera.silent_after_s) == (10, 60, 3600)
    section = zone.sections[0]
    assert (section.length_error_m, section.min_confidence) == (1, 0.9)
    assert (section.max_travel_s, section.max_plausible_kmh) == (1800, 300)
    assert (section.built_up, section.locally_financed, section.limits) == (False, False, ())
    lock = zone.locks[0]
    assert (lock.max_stay_s, lock.review_max_per_day, lock.classes) == (43200, 200, ("truck",))
    assert (lock.class_confidence, lock.min_height_m, lock.permits) == (0.8, 3, None)
    assert zone.zones[0].fail == "open"
    assert zone.retention.model_dump() == {
        "passages_days": 365,
        "images_days": 30,
        "cleared_days": 14,
        "hits_days": 365,
        "visits_days": 30,
        "cases_days": 365,
        "dead_letters_days": 7,
        "audit_days": 3650,
        "statistics_days": 3650,
    }


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse_site("\ufeff" + SITE_TOML, "site.toml") == site()


def test_a_camera_is_found_by_its_id() -> None:
    zone = site()
    assert [zone.camera(camera.id) for camera in zone.cameras] == list(zone.cameras)
    assert zone.camera("nowhere") is None


def test_a_site_cannot_be_changed() -> None:
    zone = site()
    zone.camera("a")
    with pytest.raises(ValidationError, match="frozen"):
        zone.cameras = ()  # type: ignore[misc]


def test_looking_up_a_camera_leaves_the_site_equal() -> None:
    zone = site()
    zone.camera("a")
    assert zone == site()


RECEIVER = """[receivers.traffic]
to = "http://traffic.example/in"

[site]"""


def warned(zone: Site) -> list[str]:
    return [problem.where for problem in warnings(zone)]


def changed(old: str, new: str) -> Site:
    assert old in SITE_TOML
    return parse_site(SITE_TOML.replace(old, new), "site.toml")


def test_a_site_without_fault_has_no_warning() -> None:
    assert warnings(site()) == ()


@pytest.mark.parametrize(
    "old, new, where",
    [
        ('token = "env:TOKEN_A"', "", "cameras (a).token"),
        ("plate_px = [60, 220]\n", "", "cameras (c).region"),
        ('inside = ["f"]', "", "cameras (f)"),
        ("certificate = {", "#", "sections (n177).certificate"),
        ("limit_kmh = 70", "limit_kmh = 70\nmax_travel_s = 60", "sections (n177).max_travel_s"),
        ("through_within_s = 900", "through_within_s = 43200", "locks (relst).through_within_s"),
        ('action = "flag"', 'action = "open"', "zones (centrum).actuator"),
        ("[site]", RECEIVER, "receivers.traffic.to"),
        (
            'action = "flag"',
            'action = "open"\nactuator = "https://127.0.0.1:8443/b"',
            "zones (centrum).secret",
        ),
        ('kind = "hit", priority_min = 50', 'kind = "access"', "alerts"),
        ("priority_min = 50", 'lists = ["bewoners"]', "alerts[1].when.lists"),
        ('channels = ["dispatch", "console"]', 'channels = ["console"]', "channels.dispatch"),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(old: str, new: str, where: str) -> None:
    assert [where] == warned(changed(old, new))


def test_entries_without_an_end_hold_a_month_and_permits_until_they_are_withdrawn() -> None:
    zone = site(lists={"watch": {"default_life_days": 7}, "bewoners": {"default_life_days": 90}})
    lives = {
        name: zone.life_days(name) for name in ("stolen", "watch", "bewoners", "relst-permits")
    }
    assert lives == {"stolen": 30, "watch": 7, "bewoners": 90, "relst-permits": None}


@pytest.mark.parametrize(("clock_ms", "expected"), [(99.9, []), (100, []), (100.1, ["b"])])
def test_a_coarse_clock_at_a_section_is_warned_of_with_its_cost(
    clock_ms: float, expected: list[str]
) -> None:
    zone = site()
    coarse = [
        camera.model_copy(update={"clock_error_ms": clock_ms}) if camera.id == "b" else camera
        for camera in zone.cameras
    ]
    found = warnings(zone.model_copy(update={"cameras": tuple(coarse)}))
    assert [one.where for one in found] == [f"cameras ({id_}).clock_error_ms" for id_ in expected]
    assert all("% off the speed that section n177 can prove" in one.what for one in found)
