from itertools import pairwise

import pytest

from anpr.list_file import parse_list
from anpr.lists import PlateList
from anpr.plates import fold
from pipeline.demo.planner import HEADWAY_S, plan_traffic
from pipeline.demo.run import Demo
from pipeline.demo.traffic import Role
from pipeline.demo.zone import POSTS, site


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan_traffic(60, 7) == plan_traffic(60, 7)
    assert plan_traffic(60, 7) != plan_traffic(60, 8)


@pytest.mark.parametrize("seconds", [30, 60, 600])
def test_a_plan_shows_every_case_within_its_time(seconds: float) -> None:
    plan = plan_traffic(seconds, 1)
    shown = {trip.vehicle.role for trip in plan.trips}
    assert set(Role) - shown <= {Role.LOCK_CAR}
    assert all(one.enters_s > 0 and one.leaves_s < seconds for one in plan.sightings)


def test_a_longer_demo_has_more_traffic() -> None:
    assert len(plan_traffic(120, 1).sightings) > 1.7 * len(plan_traffic(60, 1).sightings)


def test_a_demo_too_short_for_every_case_is_refused() -> None:
    with pytest.raises(ValueError, match="30 s or longer"):
        plan_traffic(15, 1)


def test_vehicles_in_one_lane_keep_their_distance() -> None:
    plan = plan_traffic(300, 2)
    for camera, post in POSTS.items():
        for lane in range(len(post.view.lanes_m)):
            in_lane = [one for one in plan.at(camera) if one.lane == lane]
            gaps = [after.enters_s - before.leaves_s for before, after in pairwise(in_lane)]
            assert min(gaps, default=HEADWAY_S) >= HEADWAY_S - 1e-6


def test_no_two_plates_look_alike_but_those_that_must() -> None:
    plan = plan_traffic(60, 3)
    driven = [trip.vehicle.plate for trip in plan.trips if trip.vehicle.plate]
    assert len({fold(plate) for plate in driven}) == len(driven)


def test_the_lists_are_files_in_the_native_format() -> None:
    demo = Demo(60, 1)
    assert set(demo.lists) == {"stolen", "watch", "relst-permits", "bewoners"}
    for name, text in demo.lists.items():
        listed = PlateList(name, 1, None, parse_list(text, name, site().site.zone))
        assert len(listed.entries) == len(demo.plan.lists[name])


def test_the_survey_error_covers_the_views_of_the_section() -> None:
    section = site().sections[0]
    for camera in (*section.entry, *section.exit):
        assert POSTS[camera].view.depth_m <= section.length_error_m


def test_every_secret_of_the_site_is_made_anew() -> None:
    first, second = Demo(30, 1), Demo(30, 1)
    tokens = {(camera.token or "").removeprefix("env:") for camera in site().cameras}
    assert tokens <= set(first.secrets)
    assert not set(first.secrets.values()) & set(second.secrets.values())
