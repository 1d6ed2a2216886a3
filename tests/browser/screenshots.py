"""Make the pictures of the documentation: `python -m tests.browser.screenshots FOLDER`.

They show the demo: its vehicles, its plates, nobody's; the figures are of some weeks made up. With
`--zone URL PASSWORD` they are taken of a demo that is running already.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page

from sinks.store.rights import Role
from tests.browser.chromium import chromium, executable
from tests.browser.look import DESK, NIGHT, PHONE, Look
from tests.console.server import serving
from tests.console.traffic import furnish_figures
from tests.console.zone import PASSWORD, Zone
from tests.sinks.databases import fresh_store

ACCOUNT = "demo"
ADDRESS = re.compile(r"Console: (http\S+)\s+account demo, password (\S+)")
FINE = 3
"""Shades that no eye tells apart are made one: a picture of a page takes half the room."""

PICTURES: tuple[tuple[str, str, Look], ...] = (
    ("live", "/", DESK),
    ("patrol", "/patrol", PHONE),
    ("search", "/search", DESK),
    ("passage", "passage", DESK),
    ("review", "/review", DESK),
    ("list-change", "list", DESK),
    ("state", "/dashboard", NIGHT),
    ("map", "/map", DESK),
    ("people", "/people", DESK),
    ("audit", "/audit", DESK),
)
"""The ten main pages: the name of the picture, the address, the screen."""

FIGURES: tuple[tuple[str, str, Look], ...] = (
    ("statistics-today", "/statistics", DESK),
    ("statistics", "/statistics/course", DESK),
    ("travel-times", "/statistics/travel-times?days=1&until=2026-06-12", DESK),
    ("flows", "/statistics/flows?until=2026-06-14&days=1", DESK),
    ("speeds", "/statistics/speeds?until=2026-06-14", DESK),
    ("published", "/statistics/published", DESK),
    ("compare", "/statistics/compare?days=2&before=2026-06-06&after=2026-06-08", DESK),
    ("statistics-phone", "/statistics/course", PHONE),
)
"""Pages of which minutes of traffic show nothing: they show weeks."""


@contextmanager
def weeks() -> Iterator[tuple[str, str]]:
    """Serve a console of some weeks of figures; give its address and password."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_store("sqlite", Path(folder)) as store,
    ):
        zone = Zone(store.open())
        furnish_figures(zone)
        zone.account(ACCOUNT, Role.STATISTICS, password=PASSWORD)
        with serving(zone.app(), zone.stop) as url:
            yield url, PASSWORD


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """Run the demo until its traffic is through; give its address and password."""
    command = [sys.executable, "-m", "pipeline.cli", "demo"]
    zone = subprocess.Popen(  # noqa: S603 our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with zone:
        try:
            told = None
            for line in zone.stdout or ():
                told = ADDRESS.search(line) or told
                if "stays open" in line and told is not None:
                    break
            if told is None:
                raise RuntimeError("the demo ended before it could be looked at")
            yield told[1], told[2]
        finally:
            zone.terminate()


def take(
    browser: Browser,
    url: str,
    password: str,
    folder: Path,
    pictures: Sequence[tuple[str, str, Look]] = PICTURES,
) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for look in dict.fromkeys(look for _, _, look in pictures):
        context = look.context(browser, url)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Naam").fill(ACCOUNT)
        page.get_by_label("Wachtwoord").fill(password)
        page.get_by_role("button", name="Aanmelden").click()
        for name, path, screen in pictures:
            if screen is look:
                _open(page, path)
                page.wait_for_load_state("load")
                page.wait_for_timeout(700)
                _shoot(page, folder / f"{name}.png")
        context.close()


def _open(page: Page, path: str) -> None:
    match path:
        case "passage":
            page.goto("/")
            page.locator("#alerts a.row").first.click()
        case "list":
            page.goto("/lists/stolen/edit")
            text = page.get_by_label("De hele lijst")
            text.fill(text.input_value() + "1NEW234,BE,gestolen,90,,,exact,,,stop,,,\n")
            page.get_by_role("button", name="Bekijk wat er verandert").click()
        case "/search":
            page.goto(path)
            page.get_by_label("Plaat", exact=False).first.fill("1*6*")
            page.get_by_label("Doel").select_option("judicial")
            page.get_by_label("Dossiernummer").fill("AN.30.L1/26")
            page.get_by_role("button", name="Zoeken").click()
        case _:
            page.goto(path)


def _shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    image = cv2.imread(str(path))
    if image is None:
        raise RuntimeError(f"{path} cannot be read back")
    coarse = cv2.bitwise_or(image, np.full_like(image, FINE))
    cv2.imwrite(str(path), coarse, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zone", nargs=2, metavar=("URL", "PASSWORD"))
    asked = parser.parse_args()
    path = executable()
    if path is None:
        raise SystemExit("no Chromium is installed (`apt install chromium`)")
    with chromium(path) as browser:
        with weeks() as (url, password):
            take(browser, url, password, asked.folder, FIGURES)
        if asked.zone:
            url, password = asked.zone
            take(browser, url, password, asked.folder)
            return
        with demo() as (url, password):
            take(browser, url, password, asked.folder)


if __name__ == "__main__":
    main()
