"""A zone with something on every page, and a browser that looks at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from sinks.store.rights import Role
from tests.browser.chromium import chromium, executable
from tests.browser.look import DESK, Look, watched
from tests.browser.scene import Scene, furnish
from tests.console.server import serving
from tests.console.zone import PASSWORD, Zone
from tests.sinks.databases import Store, empty, fresh_store


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run a browser as long as the tests here: its loop would forbid others to run theirs."""
    path = executable()
    if path is None:
        pytest.skip("no Chromium is installed (`apt install chromium`)")
    with chromium(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with fresh_store("sqlite", tmp_path_factory.mktemp("browser")) as store:
        store.open()
        yield store


@pytest.fixture
def engine(store: Store) -> Engine:
    (engine,) = store.opened
    empty(engine)
    return engine


@pytest.fixture
def zone(engine: Engine, tmp_path: Path) -> Zone:
    zone = Zone(engine)
    zone.packs_in(tmp_path)
    return zone


@pytest.fixture
def scene(zone: Zone) -> Scene:
    return furnish(zone)


@pytest.fixture
def url(zone: Zone) -> Iterator[str]:
    with serving(zone.app(), zone.stop) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, zone: Zone, url: str) -> Iterator[Callable[..., Page]]:
    """Sign in as an account with some roles, on a screen of some kind; give the page."""
    opened = []

    def sign_in(name: str, *roles: Role, look: Look = DESK) -> Page:
        zone.account(name, *roles, password=PASSWORD)
        context = look.context(browser, url)
        opened.append(context)
        page = watched(context.new_page(), url)
        page.goto("/login")
        page.get_by_label("Naam").fill(name)
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Aanmelden").click()
        return page

    yield sign_in
    for context in opened:
        context.close()
