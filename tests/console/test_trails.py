"""The drawings of a trail: the order of its passages on the map, and their moments on the line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from console.investigating import TrailPoint
from console.trails import EDGE, WIDTH, trail_of
from tests.console.zone import SITE

START = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def point(camera: str, after: int) -> TrailPoint:
    return TrailPoint(
        id=f"{camera}{after}", at=START + after * MINUTE, camera=camera, plate="1ABC123",
        match=None, confidence=None, direction="approaching", lat=None, lon=None, after_s=None,
    )  # fmt: skip


def test_passages_are_numbered_at_their_cameras_in_order_of_time() -> None:
    trail = trail_of(SITE, [point("noord", 0), point("zuid", 6), point("noord", 60)])
    assert trail is not None
    assert {one.camera: one.label for one in trail.stops} == {"noord": "1, 3", "zuid": "2"}
    assert trail.others == ()


def test_a_way_that_is_driven_again_is_one_arrow_that_counts() -> None:
    back_and_forth = [point("noord", 0), point("zuid", 6), point("noord", 20), point("zuid", 26)]
    trail = trail_of(SITE, back_and_forth)
    assert trail is not None
    assert {one.name: one.times for one in trail.legs} == {
        "N177 Noord → N177 Zuid": 2,
        "N177 Zuid → N177 Noord": 1,
    }


def test_the_second_passage_of_one_camera_is_no_way() -> None:
    trail = trail_of(SITE, [point("noord", 0), point("noord", 6)])
    assert trail is not None
    assert trail.legs == ()
    assert len(trail.others) == 1


def test_moments_stand_on_the_line_as_far_apart_as_they_were() -> None:
    trail = trail_of(SITE, [point("noord", 0), point("zuid", 15), point("noord", 60)])
    assert trail is not None
    places = [one.at[0] for one in trail.marks]
    assert places == [EDGE, EDGE + (WIDTH - 2 * EDGE) / 4, WIDTH - EDGE]
    assert [one.said for one in trail.ticks][::3] == ["10:00:00", "11:00:00"]


def test_a_single_passage_stands_in_the_middle() -> None:
    trail = trail_of(SITE, [point("noord", 0)])
    assert trail is not None
    assert trail.marks[0].at[0] == trail.ticks[0].x == WIDTH / 2


def test_days_are_told_where_a_trail_lasts_longer_than_one() -> None:
    trail = trail_of(SITE, [point("noord", 0), point("zuid", 24 * 60)])
    assert trail is not None
    assert trail.ticks[0].said == "15/06 10:00"


def test_a_camera_that_the_site_has_no_more_is_only_in_the_table() -> None:
    assert trail_of(SITE, [point("gone", 0)]) is None
    trail = trail_of(SITE, [point("gone", 0), point("noord", 1)])
    assert trail is not None
    assert [one.number for one in trail.marks] == [1]


@pytest.mark.parametrize("more", [6, 7])
def test_a_camera_with_many_passages_shows_the_first_of_their_numbers(more: int) -> None:
    trail = trail_of(SITE, [point("noord", after) for after in range(more)])
    assert trail is not None
    assert trail.stops[0].label == "1, 2, 3, 4, 5, 6" + (" …" if more > 6 else "")


def test_the_map_gets_the_same_ways() -> None:
    trail = trail_of(SITE, [point("noord", 0), point("zuid", 6)])
    assert trail is not None
    shown = json.loads(trail.data)
    assert shown["lines"][0]["ends"] == [[51.09, 4.37], [51.08, 4.37]]
    assert shown["cameras"][0]["name"] == "1 · N177 Noord"
