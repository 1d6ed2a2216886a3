"""Which camera pushes, and what those hear that may not."""

from base64 import b64encode

import httpx
import pytest
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from ingest.metrics import REFUSED
from ingest.refusals import answer_refusals
from tests.ingest.kit import TOKEN, Zone, picture

ROUTES = ("frames", "reads", "heartbeat")


@pytest.fixture
def zone() -> Zone:
    return Zone()


def basic(text: str | bytes) -> str:
    return "Basic " + b64encode(text.encode() if isinstance(text, str) else text).decode()


def push(
    zone: Zone, camera: str, authorization: str | bytes, route: str = "frames"
) -> httpx.Response:
    headers = {"authorization": authorization, "content-type": "image/jpeg"}
    return zone.post(f"{camera}/{route}", content=picture(), headers=headers)


@pytest.mark.parametrize(
    "authorization", [f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(f"north:{TOKEN}")]
)
def test_a_camera_shows_its_token_in_either_way(zone: Zone, authorization: str) -> None:
    assert push(zone, "north", authorization).status_code == 202


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        "Bearer zuid-geheim",
        f"Token {TOKEN}",
        TOKEN,
        "Basic",
        "Basic not-base64!",
        basic(f"south:{TOKEN}"),
        basic("north:zuid-geheim"),
        basic("north:"),
        basic(TOKEN),
        basic(b"\xff\xfe:\xff"),
    ],
)
def test_a_missing_or_wrong_token_is_challenged(zone: Zone, route: str, authorization: str) -> None:
    answer = push(zone, "north", authorization, route)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert "Bearer realm=" in answer.headers["www-authenticate"]
    assert zone.is_untouched()


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_camera_is_not_found_whatever_its_token(zone: Zone, route: str) -> None:
    assert push(zone, "nowhere", f"Bearer {TOKEN}", route).status_code == 404
    assert push(zone, "nowhere", "", route).status_code == 404
    assert zone.is_untouched()


def test_a_camera_without_a_token_in_the_site_cannot_push(zone: Zone) -> None:
    assert push(zone, "mute", "Bearer ").status_code == 403
    assert push(zone, "mute", f"Bearer {TOKEN}").status_code == 403


def test_a_token_that_cannot_be_found_is_the_operators_fault_not_the_cameras(zone: Zone) -> None:
    answer = push(zone, "lost", f"Bearer {TOKEN}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "LOST" not in answer.text
    assert push(zone, "north", f"Bearer {TOKEN}").status_code == 202


def test_an_empty_token_admits_nobody(zone: Zone) -> None:
    assert push(zone, "empty", "Bearer ").status_code == 401
    assert push(zone, "empty", basic("empty:")).status_code == 401


def test_a_token_outside_ascii_is_compared_byte_by_byte(zone: Zone) -> None:
    assert push(zone, "north", "Bearer gehëim".encode()).status_code == 401


def test_refusals_keep_their_shape_beside_pages_that_answer_errors_otherwise(zone: Zone) -> None:
    async def page(_request: Request, _error: Exception) -> HTMLResponse:
        return HTMLResponse("<h1>Sign in</h1>", 303)

    zone.app.add_exception_handler(HTTPException, page)
    answer_refusals(zone.app)
    answer = push(zone, "north", "")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert "token" in answer.json()["detail"]


def test_the_body_of_a_stranger_is_never_read(zone: Zone) -> None:
    read = []

    async def body() -> object:
        read.append(1)
        yield picture()

    for camera, status in {"nowhere": 404, "south": 401, "mute": 403}.items():
        assert zone.post(f"{camera}/frames", content=body()).status_code == status
    assert read == []


def test_a_name_that_is_no_camera_never_becomes_a_label(zone: Zone) -> None:
    push(zone, "drop-table", "")
    push(zone, "north", "")
    cameras = {sample.labels.get("camera") for sample in next(iter(REFUSED.collect())).samples}
    assert {"", "north"} <= cameras
    assert "drop-table" not in cameras
