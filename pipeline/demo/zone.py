"""The demo's zone: its site file, and how each of its cameras looks at the road."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from anpr.sites import Site, parse_site
from pipeline.demo.view import Light, View

TEMPLATE = (files("pipeline.demo") / "data" / "zone.toml").read_text("utf-8")
DISPATCH_SECRET = "ANPR_DEMO_DISPATCH"  # noqa: S105  the variable's name, not the secret
BOLLARD_SECRET = "ANPR_DEMO_BOLLARD"  # noqa: S105  the variable's name, not the secret


@dataclass(frozen=True, slots=True)
class Post:
    """A camera at its post: what it sees, how often it takes a picture, what else it measures."""

    view: View
    fps: float = 10
    has_sensors: bool = False


POSTS: Mapping[str, Post] = {
    "n177-noord": Post(View(scenery=1)),
    "n177-zuid": Post(View(scenery=2, yaw_deg=-0.8)),
    "relst-oost": Post(View(light=Light.DUSK, scenery=3), 6, has_sensors=True),
    "relst-west": Post(View(light=Light.DUSK, scenery=4, roll_deg=1.2), 6, has_sensors=True),
    "relst-zuid": Post(View(light=Light.NIGHT, scenery=5), 6, has_sensors=True),
    "markt": Post(View(light=Light.NIGHT, scenery=6, lens_px=2200, far_px=115, near_px=145)),
    "station": Post(View(lanes_m=(-1.6, 1.6), lens_px=2200, scenery=7, far_px=54, near_px=112), 8),
}


def site_text(receiver: str) -> str:
    """Write the site file for a receiver of alerts at a base URL such as http://127.0.0.1:9000."""
    return Template(TEMPLATE).substitute(receiver=receiver)


@cache
def site() -> Site:
    """Give the zone itself, as the truth needs it: its rules, whatever the ports."""
    return parse_site(site_text("http://127.0.0.1:1"), "zone.toml")
