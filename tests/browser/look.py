"""How a page is looked at: the size and colours of a screen, and what must not happen meanwhile."""

from dataclasses import dataclass
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

GRAVE = {"serious", "critical"}


@dataclass(frozen=True, slots=True)
class Look:
    """A screen: its size, and whether its owner likes it dark."""

    width: int = 1280
    height: int = 800
    scheme: Literal["light", "dark"] = "light"

    @property
    def is_phone(self) -> bool:
        """Whether it is held in a hand."""
        return self.width < self.height

    def context(self, browser: Browser, url: str) -> BrowserContext:
        """Open the browser on such a screen."""
        return browser.new_context(
            base_url=url,
            color_scheme=self.scheme,
            has_touch=self.is_phone,
            locale="nl-BE",
            reduced_motion="reduce",
            viewport={"width": self.width, "height": self.height},
        )


DESK = Look()
NIGHT = Look(scheme="dark")
PHONE = Look(390, 844, "dark")


def watched(page: Page, url: str) -> Page:
    """Keep what a page must not do: an error in a script, a request to another address."""
    page.set_default_timeout(15_000)
    faults: list[str] = []
    page.__dict__["faults"] = faults

    def heard(message: ConsoleMessage) -> None:
        # A refused form is an answer too: the browser calls its status an error.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((url, "data:", "blob:")):
            faults.append(f"asked for {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)
    return page


def faults_of(page: Page) -> list[str]:
    """Give what a page did wrong so far."""
    faults: list[str] = page.__dict__["faults"]
    return faults


def barriers(page: Page) -> list[str]:
    """Give what keeps people out of a page, as axe finds it: the serious and the critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


def is_wider_than_its_screen(page: Page) -> bool:
    """Say whether a page must be moved sideways to be read."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )
