"""Every page: it opens, breaks none of its own rules, shuts nobody out, and fits a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from sinks.store.rights import Role
from tests.browser.look import (
    DESK,
    NIGHT,
    PHONE,
    Look,
    barriers,
    faults_of,
    is_wider_than_its_screen,
)
from tests.browser.scene import WANTED, Scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVERYBODY = tuple(Role)

PAGES = (
    *("/", "/patrol", "/search", "/review", "/cases", "/cases?tab=locks", "/lists"),
    *("/lists/gestolen", "/lists/gestolen/edit", "/dashboard", "/map", "/cameras", "/statistics"),
    *("/statistics/course", "/statistics/flows", "/statistics/speeds", "/statistics/compare"),
    "/statistics/travel-times",
    *("/statistics/compare?measure=flows", "/statistics/capture", "/statistics/published"),
    *("/questions", "/questions/trail", "/requests", "/dossiers", "/urgent"),
    *(
        "/people",
        "/audit",
        "/audit?check=1",
        "/audit/report",
        "/me",
        "/silences",
        "/networks",
        "/alerts/{alert}",
        "/passages/{wanted}",
        "/nothing-here",
    ),
)

DUTCH = {"Afmelden", "de", "het", "een", "niet", "wordt", "voor", "naar", "uit"}
"""Words that no English page says."""

Visit = Callable[..., Page]


@pytest.mark.parametrize("look", [DESK, NIGHT, PHONE], ids=["desk", "night", "phone"])
def test_every_page_is_open_to_everybody_and_keeps_to_itself(
    visit: Visit, scene: Scene, look: Look
) -> None:
    page = visit("an", *EVERYBODY, look=look)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(path.format(wanted=scene.wanted.id, alert=scene.alert))
        wrong = [*barriers(page), *faults_of(page)]
        if is_wider_than_its_screen(page):
            wrong.append("wider than its screen")
        if not page.get_by_role("heading", level=1).count():
            wrong.append("without a heading")
        if wrong:
            found[path] = wrong
    assert found == {}


def test_the_login_page_shuts_nobody_out(visit: Visit, scene: Scene) -> None:
    page = visit("an", Role.PATROL)
    page.get_by_role("button", name="Afmelden").click()
    page.wait_for_url("**/login")
    assert barriers(page) == []


def test_everything_is_said_in_english_too(visit: Visit, scene: Scene) -> None:
    page = visit("an", *EVERYBODY)
    page.get_by_role("button", name="English").click()
    for path in PAGES:
        page.goto(path.format(wanted=scene.wanted.id, alert=scene.alert))
        assert page.locator("html").get_attribute("lang") == "en"
        told = page.locator("body").inner_text()
        assert not DUTCH & set(told.split()), path


def test_the_patrol_page_marks_the_characters_that_differ(visit: Visit, scene: Scene) -> None:
    page = visit("an", Role.PATROL, look=PHONE)
    page.goto("/patrol")
    marks = page.locator(".hitsheet mark").all_inner_texts()
    assert sorted(marks) == ["6", "G"]
    assert page.locator(".hitsheet").count() == 2
    assert WANTED in page.locator(".hitsheet").first.locator(".signs-line").first.inner_text()
