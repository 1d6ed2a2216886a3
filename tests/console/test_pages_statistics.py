"""The pages of figures: what they show, of whom, and what they keep to themselves."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from anpr.sites import Site
from console.figure_words import CODES as FIGURE_CODES
from console.figure_words import ENGLISH as FIGURE_WORDS
from console.flowing import arrows, matrix_of, places_of
from console.plots import HEIGHT, WIDTH, line, scale
from console.profiles import course, profile, week
from console.words import CODES, ENGLISH
from sinks.statistics.telling import Flow
from sinks.store.rights import Role
from tests.console.test_pages import FOLDER, SAID, signed_in
from tests.console.traffic import furnish_figures
from tests.console.zone import NOW, SITE, Zone, passage

BRUSSELS = ZoneInfo("Europe/Brussels")
MONDAY = datetime(2026, 6, 8, 0, 0, tzinfo=BRUSSELS).astimezone(UTC)
HOUR = timedelta(hours=1)


def flow(origin: str | None, destination: str | None, count: int | None) -> Flow:
    return Flow(start=MONDAY, origin=origin, destination=destination, count=count,
                suppressed=count is None)  # fmt: skip


PAGES = ("course", "travel-times", "flows", "speeds", "capture", "compare", "published")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_figures_opens_without_any_figures(
    zone: Zone, client: httpx.Client, page: str
) -> None:
    signed_in(zone, client, Role.STATISTICS)
    assert client.get(f"/statistics/{page}").status_code == 200


@pytest.fixture
def figures(zone: Zone, client: httpx.Client) -> httpx.Client:
    furnish_figures(zone)
    return signed_in(zone, client, Role.STATISTICS)


def test_the_course_shows_a_line_a_usual_day_and_a_usual_week(figures: httpx.Client) -> None:
    text = figures.get("/statistics/course", params={"camera": "noord", "days": 14}).text
    assert text.count('<path class="line') == 4  # the course, and three kinds of days
    assert len(re.findall(r'<td class="glow-\d">', text)) == 7 * 24
    assert 'value="noord" selected' in text


def test_flows_show_hidden_cells_as_such_and_sums_of_what_is_told(figures: httpx.Client) -> None:
    text = figures.get("/statistics/flows", params={"until": "2026-06-14", "days": 1}).text
    assert "≥ " in text
    assert 'class="flow"' in text
    assert "reed enkel door" in text


COMPARED = {
    "counts": ("N177 Noord", "+0.0 %", "Een gewone dag"),
    "travel-times": ("n177", "mediaan", "+0.0 %"),
    "speeds": ("N177 Noord", " km/h"),
    "flows": ("N177 Noord → in de zone", "per dag", "uren niet volledig getoond"),
    "through": ("van wie binnenkwam reed enkel door", "aandeel"),
    "balance": ("kwamen binnen", "reden buiten"),
    "trucks": ("N177 Noord", "aandeel"),
    "compliance": ("centrum, N177 Noord", "aandeel"),
}


@pytest.mark.parametrize("measure", COMPARED)
def test_the_comparison_says_by_how_much_each_figure_changed(
    figures: httpx.Client, measure: str
) -> None:
    days = {"before": "2026-06-13", "after": "2026-06-14", "days": "1"}
    weeks = {"before": "2026-05-25", "after": "2026-06-01", "days": "7"}
    asked = weeks if measure in {"counts", "travel-times"} else days
    text = figures.get("/statistics/compare", params={**asked, "measure": measure}).text
    for told in (*COMPARED[measure], f'value="{measure}" selected', f"compare?measure={measure}"):
        assert told in text


def test_a_day_shows_speeds_trucks_and_compliance(figures: httpx.Client) -> None:
    text = figures.get("/statistics/speeds", params={"until": "2026-06-14"}).text
    for told in ("60-70 km/h", "Vrachtwagens", "centrum", "uren niet volledig getoond"):
        assert told in text


def test_what_was_published_can_be_had_as_a_file(figures: httpx.Client, zone: Zone) -> None:
    text = figures.get("/statistics/published").text
    link = next(one for one in re.findall(r'href="([^"]+)"', text) if "format=csv" in one)
    answer = figures.get(link.replace("&amp;", "&"))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("table,start,end,edition,camera,class,count\ncounts,")


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 93}, {"until": "yesterday"}, {"until": "0001-01-01"}]
)
def test_a_period_that_cannot_be_is_refused(
    figures: httpx.Client, wrong: dict[str, int | str]
) -> None:
    assert figures.get("/statistics/course", params=wrong).status_code == 422


def test_everything_the_figures_say_has_english_words() -> None:
    said = {
        (double or single).replace("\\'", "'")
        for path in FOLDER.glob("templates/figures/*.html")
        for double, single in SAID.findall(path.read_text())
    }
    shared = set(ENGLISH) | (set(CODES) - set(FIGURE_CODES))
    assert said - set(FIGURE_WORDS) - shared == set()
    by_name = {
        *(
            "Wat camera's zien",
            "Vandaag",
            "Verloop",
            "Stromen",
            "Snelheid en soort",
            "Vergelijken",
            "Gepubliceerd",
        ),
        *("ma", "di", "wo", "do", "vr", "za", "zo", "werkdag", "zaterdag", "zondag", "voor", "na"),
    }
    assert set(FIGURE_WORDS) - said - by_name == set()


def test_a_usual_day_is_the_mean_of_the_days_of_its_kind() -> None:
    hourly = [(MONDAY + 8 * HOUR, 10), (MONDAY + 32 * HOUR, 20), (MONDAY + 5 * 24 * HOUR, 7)]
    shown = profile(hourly, BRUSSELS)
    assert set(shown.means) == {"working-day", "saturday"}
    assert shown.means["working-day"][8] == 15
    assert shown.means["saturday"][0] == 7
    assert [level for _, level in shown.plot.levels] == ["0", "5", "10", "15"]


def test_a_usual_week_begins_on_monday() -> None:
    cells = week([(MONDAY, 4), (MONDAY + 6 * 24 * HOUR, 8)], BRUSSELS)
    assert (cells[0][0].count, cells[0][0].share) == (4, 0.5)
    assert (cells[6][0].count, cells[6][0].share) == (8, 1.0)


def test_an_hour_without_vehicles_is_drawn_as_none() -> None:
    midnight = MONDAY + 24 * HOUR
    drawn = course([(MONDAY + HOUR, 3)], MONDAY, midnight, midnight, BRUSSELS)
    assert drawn.paths["vehicles"].startswith(f"M0.0 {HEIGHT}.0 h0 L")
    assert drawn.moments[:2] == ((0.0, "0:00"), (16.67, "4:00"))
    days = course([], MONDAY, MONDAY + 14 * 24 * HOUR, midnight, BRUSSELS).moments
    assert days[:2] == ((0.0, f"{date(2026, 6, 8):%d/%m}"), (14.29, f"{date(2026, 6, 10):%d/%m}"))


def test_hours_to_come_are_not_drawn() -> None:
    drawn = course([(MONDAY, 3)], MONDAY, MONDAY + 24 * HOUR, MONDAY + 2 * HOUR, BRUSSELS)
    assert drawn.paths["vehicles"].count("L") == 2


def test_a_line_is_broken_where_nothing_is_told() -> None:
    assert line([0, 1], 1) == f"M0.0 {HEIGHT}.0 h0 L{WIDTH}.0 0.0"
    assert line([0, None, 1], 1) == f"M0.0 {HEIGHT}.0 h0 M{WIDTH}.0 0.0 h0"


@pytest.mark.parametrize(
    ("highest", "levels"),
    [(0, [0, 1]), (2.5, [0, 1, 2, 3]), (4, [0, 1, 2, 3, 4]), (4.1, [0, 2, 4, 6]),
     (324, [0, 100, 200, 300, 400])],
)  # fmt: skip
def test_a_scale_has_round_levels_up_to_the_highest(highest: float, levels: list[int]) -> None:
    assert list(scale(highest)) == levels


def test_a_cell_that_is_told_in_some_hours_says_at_least() -> None:
    flows = [flow("noord", "zuid", 6), flow("noord", "zuid", None), flow("noord", None, None)]
    ends = [None, "noord", "zuid"]
    matrix = matrix_of(flows, ends)
    assert (matrix.origins, matrix.destinations) == (["noord"], [None, "zuid"]), "none is empty"
    hidden, partly = matrix.cells[0]
    assert hidden.count is None
    assert (partly.count, partly.is_partly_hidden) == (6, True)


def test_flows_are_drawn_between_places_as_broad_as_they_are_large() -> None:
    drawn = arrows(
        [flow("noord", "zuid", 6), flow("zuid", "noord", 3), flow(None, "zuid", 9)],
        places_of(SITE),
    )
    assert [(one.origin, one.count) for one in drawn] == [("N177 Noord", 6), ("N177 Zuid", 3)]
    assert drawn[0].stroke > drawn[1].stroke
    assert drawn[0].path != drawn[1].path


def test_the_cameras_in_and_out_of_one_road_are_one_place_of_the_map() -> None:
    near = {"lat": 51.09, "direction": "out"}
    cameras = [
        *(one.model_dump() for one in SITE.cameras),
        {"id": "uit", "name": "N177 Noord, weg", "lon": 4.3701, **near},
    ]
    site = Site.model_validate(SITE.model_dump() | {"cameras": cameras})
    places = places_of(site)
    assert [(one.name, one.cameras) for one in places] == [
        ("N177 Noord", ("noord", "uit")), ("N177 Zuid", ("zuid",)),
    ]  # fmt: skip
    flows = [flow("noord", "zuid", 6), flow("noord", "uit", 5)]
    assert [(one.destination, one.count) for one in arrows(flows, places)] == [
        ("N177 Zuid", 6), ("N177 Noord", 5),
    ]  # fmt: skip


def test_what_cameras_see_is_shown_with_how_sure_it_is(zone: Zone, client: httpx.Client) -> None:
    """Of twenty who drove from the one to the other, the second camera missed a quarter."""
    both = [(f"1AAA{n:03}", camera) for n in range(20) for camera in ("noord", "zuid")]
    zone.store(
        passage(
            f"{plate}/{camera}",
            plate,
            camera=camera,
            at=NOW - HOUR + timedelta(seconds=int(plate[-3:]) + 60 * (camera == "zuid")),
        )
        for plate, camera in both
        if camera == "noord" or int(plate[-3:]) % 4
    )
    client = signed_in(zone, client, Role.STATISTICS)
    text = client.get("/statistics/capture").text
    assert "75.0 %" in text
    assert "n = 20" in text
    rows = client.get("/api/statistics/capture", params={"format": "csv"}).text.splitlines()
    assert rows[0].startswith("line,gate,captured_n,captured_share")
    assert any(",zuid,20,0.75," in row for row in rows)


def test_travel_times_are_drawn_by_the_hour_with_the_share_of_look_alikes(
    figures: httpx.Client,
) -> None:
    text = figures.get("/statistics/travel-times", params={"until": "2026-06-14"}).text
    assert text.count('<path class="line') == 2  # the median, and the 85th centile
    for told in ("mediaan", "Gelijkende platen", "section=n177", "met minder dan 5 voertuigen"):
        assert told in text


@pytest.mark.parametrize(("name", "key"), [("counts", "counts"), ("travel-times", "travel_times")])
def test_what_is_counted_is_had_as_a_file_of_rows(
    figures: httpx.Client, name: str, key: str
) -> None:
    asked = {"from": "2026-06-14T00:00:00Z", "to": "2026-06-15T00:00:00Z"}
    found = figures.get(f"/api/statistics/{name}", params=asked).json()[key]
    text = figures.get(f"/api/statistics/{name}", params={**asked, "format": "csv"}).text
    assert len(text.splitlines()) == len(found) + 1 > 1


@pytest.mark.parametrize("name", ["flows", "through", "balance", "speeds", "trucks", "compliance"])
def test_figures_are_had_as_files_of_rows(figures: httpx.Client, name: str) -> None:
    asked = {"from": "2026-06-14T00:00:00Z", "to": "2026-06-15T00:00:00Z"}
    found = figures.get(f"/api/statistics/{name}", params=asked).json()[name]
    text = figures.get(f"/api/statistics/{name}", params={**asked, "format": "csv"})
    assert text.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert len(text.text.splitlines()) > len(found) > 0


def test_the_api_compares_what_the_page_compares(figures: httpx.Client) -> None:
    asked = {"measure": "speeds", "before": "2026-06-13", "after": "2026-06-14", "days": "1"}
    changes = figures.get("/api/statistics/compare", params=asked).json()["changes"]
    assert [one["subject"] for one in changes] == [["camera", "noord"], ["section", "n177"]]
    assert figures.get("/api/statistics/compare", params={"measure": "x"}).status_code == 422
