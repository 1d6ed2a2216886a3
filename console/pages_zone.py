"""The pages of the zone itself: its state at a glance, its map, its cameras and figures."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from console.access import requires
from console.api_zone import cameras_of
from console.assets import asset
from console.charts import curve
from console.context import Here
from console.mapping import HEIGHT, WIDTH, lines_of, schematic
from console.overview import overview
from console.views import is_partial, show
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(include_in_schema=False)

TRAVEL_ROWS = 50

CameraKeeper = Annotated[Account, Depends(requires(Right.CAMERAS))]


@router.get("/dashboard")
def dashboard(request: Request, console: Here, account: CameraKeeper) -> Response:
    """Show how the line is doing: coverage, cameras, rates, lag."""
    seen = overview(console)
    template = "overview.html" if is_partial(request) else "dashboard.html"
    ready = {name: told for name, told in console.ready().items() if told != "ok"}
    flow = curve(seen.flow, console.now(), console.site.site.zone)
    return show(request, template, account, seen=seen, troubles=ready, flow=flow)


@router.get("/map")
def map_page(request: Request, console: Here, account: CameraKeeper) -> Response:
    """Show where the cameras stand and what they make together."""
    cameras, lines = cameras_of(console), lines_of(console.site)
    places = {one.id: [one.lat, one.lon] for one in cameras}
    tiles = console.site.map
    shown = {
        "cameras": [
            {"name": one.name, "at": places[one.id], "state": one.state or "unheard"}
            for one in cameras
        ],
        "lines": [
            {"kind": one.kind, "name": one.name, "ends": [places[one.start], places[one.end]]}
            for one in lines
        ],
        "tiles": tiles.tiles,
        "attribution": tiles.attribution,
        "deepest": tiles.max_zoom,
    }
    return show(
        request,
        "map.html",
        account,
        cameras=cameras,
        lines=lines,
        points=schematic(console.site),
        size=(WIDTH, HEIGHT),
        on_tiles=tiles.tiles is not None and asset("leaflet.js") is not None,
        data=json.dumps(shown),
    )


@router.get("/cameras")
def cameras(request: Request, console: Here, account: CameraKeeper) -> Response:
    """Show how the cameras are doing, and what the site makes of them."""
    return show(request, "cameras.html", account, cameras=cameras_of(console))
