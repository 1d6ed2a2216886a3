"""What bounds the intake: body size and time, places, the backlog; and that 202 means durable."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from anpr.topics import FRAMES, READS
from ingest.intake import Limits
from tests.ingest.kit import NOON, SITE, TOKEN, Zone, picture

HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": "image/jpeg"}
SOUTH = HEADERS | {"authorization": "Bearer zuid-geheim"}


async def until(is_so: Callable[[], bool], within_s: float = 10) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - the log tells no event when it is appended to
            await asyncio.sleep(0.001)


def push(client: httpx.AsyncClient, camera: str = "north") -> Awaitable[httpx.Response]:
    headers = HEADERS if camera == "north" else SOUTH
    return client.post(f"/v1/cameras/{camera}/frames", content=picture(), headers=headers)


def test_a_frame_is_acknowledged_only_once_it_is_durable() -> None:
    zone = Zone()
    zone.log.held = []

    async def scenario() -> None:
        async with zone.client() as client:
            pushed = asyncio.ensure_future(push(client))
            await until(lambda: bool(zone.log.held))
            await asyncio.sleep(0)
            assert not pushed.done()
            zone.log.release()
            assert (await pushed).status_code == 202

    asyncio.run(scenario())
    assert len(zone.log.kept[FRAMES]) == 1


def test_reads_are_acknowledged_only_once_the_last_is_durable() -> None:
    zone = Zone()
    zone.log.held = []
    read = {"camera": "north", "captured_at": NOON.isoformat(), "plate": "1ABC123"}

    async def scenario() -> None:
        async with zone.client() as client:
            pushed = asyncio.ensure_future(
                client.post(
                    "/v1/cameras/north/reads",
                    json=[read] * 3,
                    headers={"authorization": HEADERS["authorization"]},
                )
            )
            await until(lambda: len(zone.log.held or []) == 3)
            (first, *rest), zone.log.held = zone.log.held or [], None
            first[2].set_result(0)
            await asyncio.sleep(0)
            assert not pushed.done()
            for _, _, future in rest:
                future.set_result(1)
            assert (await pushed).status_code == 202

    asyncio.run(scenario())


def test_a_request_given_up_does_not_cancel_what_the_log_is_writing() -> None:
    zone = Zone()
    zone.log.held = []

    async def scenario() -> None:
        async with zone.client() as client:
            pushed = asyncio.ensure_future(push(client))
            await until(lambda: bool(zone.log.held))
            pushed.cancel()
            with pytest.raises(asyncio.CancelledError):
                await pushed
            zone.log.release()
            assert (await push(client)).status_code == 202

    asyncio.run(scenario())
    assert len(zone.log.kept[FRAMES]) == 2


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        (Limits(max_in_flight=2, max_in_flight_per_camera=9), {"north", "south"}),
        (Limits(max_in_flight=9, max_in_flight_per_camera=2), {"north"}),
    ],
    ids=["in all", "per camera"],
)
def test_no_more_pushes_are_under_way_than_there_are_places(
    limits: Limits, refused: set[str]
) -> None:
    zone = Zone(limits=limits)
    zone.log.held = []

    async def scenario() -> None:
        async with zone.client() as client:
            under_way = [asyncio.ensure_future(push(client)) for _ in range(2)]
            await until(lambda: len(zone.log.held or []) == 2)
            for camera in refused:
                answer = await push(client, camera)
                assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
            zone.log.release()
            assert [(await one).status_code for one in under_way] == [202, 202]
            assert (await push(client)).status_code == 202
            assert (await push(client, "south")).status_code == 202

    asyncio.run(scenario())


@pytest.mark.parametrize(("lag", "status"), [(99, 202), (100, 503), (101, 503)])
def test_a_backlog_refuses_frames_until_it_is_worked_on(lag: int, status: int) -> None:
    zone = Zone(limits=Limits(max_backlog=100, retry_after_s=7), lag={FRAMES: lag})
    answer = zone.post_frame()
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == (None if status == 202 else "7")
    zone.lag[FRAMES] = 0
    assert zone.post_frame().status_code == 202


def test_a_backlog_of_frames_holds_up_no_finished_reads() -> None:
    zone = Zone(limits=Limits(max_backlog=100), lag={FRAMES: 100})
    read = {"camera": "north", "captured_at": NOON.isoformat(), "plate": None}
    assert zone.post("north/reads", json=read).status_code == 202
    zone.lag = {READS: 100}
    assert zone.post("north/reads", json=read).status_code == 503
    assert zone.post_frame().status_code == 202


def test_heartbeats_are_heard_whatever_the_backlog() -> None:
    zone = Zone(limits=Limits(max_backlog=1), lag={FRAMES: 1, READS: 1})
    beat = {"clock": NOON.isoformat()}
    assert zone.post("north/heartbeat", json=beat).status_code == 202


@pytest.mark.parametrize("route", ["frames", "reads", "heartbeat"])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_read_no_further(route: str, is_chunked: bool) -> None:
    zone = Zone(limits=Limits(max_body_bytes=1000))
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield b"x" * 100

    media = "image/jpeg" if route == "frames" else "application/json"
    content: Any = body() if is_chunked else b"x" * 100_000
    answer = zone.post(f"north/{route}", content=content, headers={"content-type": media})
    assert answer.status_code == 413
    assert "1000 bytes" in answer.json()["detail"]
    assert taken <= 12
    assert zone.is_untouched()


@pytest.mark.parametrize(("spare", "status"), [(1, 202), (0, 202), (-1, 413)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_the_limit_itself_is_still_taken(spare: int, status: int, is_chunked: bool) -> None:
    jpeg = picture()
    zone = Zone(limits=Limits(max_body_bytes=len(jpeg) + spare))

    async def body() -> AsyncIterator[bytes]:
        for at in range(0, len(jpeg), 100):
            yield jpeg[at : at + 100]

    content: Any = body() if is_chunked else jpeg
    answer = zone.post("north/frames", content=content, headers={"content-type": "image/jpeg"})
    assert answer.status_code == status


def test_a_declared_length_that_is_no_number_is_counted_instead() -> None:
    zone = Zone()
    headers = {"content-length": "many", "content-type": "image/jpeg"}
    assert zone.post("north/frames", content=picture(), headers=headers).status_code == 202


def test_a_body_that_never_ends_gives_its_place_up() -> None:
    zone = Zone(limits=Limits(body_timeout_s=0.02, max_in_flight=1, max_in_flight_per_camera=1))

    async def body() -> AsyncIterator[bytes]:
        yield b"\xff\xd8"
        await asyncio.Event().wait()

    answer = zone.post("north/frames", content=body(), headers={"content-type": "image/jpeg"})
    assert answer.status_code == 408
    assert zone.is_untouched()
    assert zone.post_frame().status_code == 202


def test_a_camera_that_goes_away_midway_leaves_nothing() -> None:
    zone = Zone()
    incoming = [
        {"type": "http.request", "body": b"\xff\xd8", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"/v1/cameras/{SITE.cameras[0].id}/frames",
        "query_string": b"",
        "headers": [(name.encode(), text.encode()) for name, text in HEADERS.items()],
    }
    asyncio.run(zone.app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert zone.is_untouched()


@pytest.mark.parametrize(("times", "expected"), [(16, None), (17, "close")])
def test_a_sender_is_heard_out_unless_it_has_very_much_to_say(
    times: int, expected: str | None
) -> None:
    zone = Zone(limits=Limits(max_body_bytes=1000))
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(times):
            sent += 1
            yield b"x" * 1000

    headers = {"content-type": "image/jpeg", "content-length": str(times * 1000)}
    answer = zone.post("north/frames", content=body(), headers=headers)
    assert (answer.status_code, answer.headers.get("connection")) == (413, expected)
    assert (sent == times) is (expected is None)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("north/frames", {"authorization": "Bearer wrong"}, 401),
        ("nowhere/frames", {}, 404),
        ("north/frames", {"content-type": "image/png"}, 415),
        ("north/frames", {"x-captured-at": "yesterday"}, 422),
    ],
)
def test_whoever_is_refused_before_the_body_is_heard_out(
    path: str, headers: dict[str, str], status: int
) -> None:
    zone = Zone()
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10):
            sent += 1
            yield b"x" * 1000

    given = {"content-type": "image/jpeg", "content-length": "10000", **headers}
    assert zone.post(path, content=body(), headers=given).status_code == status
    assert sent == 10


def test_whoever_waits_for_a_go_ahead_is_refused_without_it() -> None:
    zone = Zone()
    headers = {"content-type": "image/png", "expect": "100-continue"}
    assert zone.post("north/frames", content=picture(), headers=headers).status_code == 415
