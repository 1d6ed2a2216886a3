import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from pipeline.demo.push import Pusher, Shot, Tally
from tests.pipeline.demo.endpoints import Ingest, ingest

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)


def clock(step_s: float = 0) -> Callable[[], datetime]:
    """A clock that moves on by a step each time it is read."""
    readings = iter(NOW + timedelta(seconds=step_s * count) for count in range(10_000))
    return lambda: next(readings)


def push(to: Ingest, *shots: Shot, now: Callable[[], datetime] | None = None) -> Tally:
    pusher = Pusher(to.url, "a", "secret", now or clock(), Event())
    for shot in shots:
        pusher.push(shot)
    pusher.close()
    return pusher.tally


def test_a_frame_goes_out_as_a_camera_sends_it() -> None:
    with ingest() as there:
        tally = push(there, Shot(NOW, b"jpeg", {"X-Vehicle-Class": "truck"}))
    (sent,) = there.requests
    assert (tally.taken, tally.acknowledged) == (1, 1)
    assert (sent.path, sent.body) == ("/v1/cameras/a/frames", b"jpeg")
    assert sent.headers["Authorization"] == "Bearer secret"
    assert sent.headers["Content-Type"] == "image/jpeg"
    assert sent.headers["X-Captured-At"] == "2026-05-04T10:00:00.000000Z"
    assert sent.headers["X-Vehicle-Class"] == "truck"


def test_a_busy_ingest_is_asked_again_after_as_long_as_it_says() -> None:
    with ingest((503, "0"), (429, "0")) as there:
        tally = push(there, Shot(NOW, b"one"), Shot(NOW, b"two"))
    assert [one.body for one in there.requests] == [b"one", b"one", b"one", b"two"]
    assert tally.acknowledged == 2


def test_a_refused_frame_is_given_up_and_counts_as_lost() -> None:
    with ingest((422, "")) as there:
        tally = push(there, Shot(NOW, b"one"), Shot(NOW, b"two"))
    assert (tally.taken, tally.acknowledged) == (2, 1)
    assert len(there.requests) == 2


def test_patience_with_a_busy_ingest_ends() -> None:
    with ingest(*[(503, "0")] * 50) as there:
        tally = push(there, Shot(NOW, b"one"), now=clock(step_s=6))
    assert tally.acknowledged == 0
    assert len(there.requests) < 5


def test_a_camera_that_is_told_to_stop_waits_no_longer() -> None:
    stop = Event()
    stop.set()
    with ingest((503, "60")) as there:
        pusher = Pusher(there.url, "a", "secret", clock(), stop)
        pusher.push(Shot(NOW, b"one"))
        pusher.close()
    assert pusher.tally.acknowledged == 0


def test_a_heartbeat_tells_the_cameras_clock() -> None:
    with ingest() as there:
        pusher = Pusher(there.url, "a", "secret", clock(), Event())
        pusher.beat()
        pusher.close()
    (beat,) = there.requests
    assert beat.path == "/v1/cameras/a/heartbeat"
    assert json.loads(beat.body) == {"clock": "2026-05-04T10:00:00.000000Z"}


def test_an_ingest_that_is_gone_costs_a_heartbeat_and_no_more() -> None:
    with ingest() as there:
        pass
    pusher = Pusher(there.url, "a", "secret", clock(), Event())
    pusher.beat()
    pusher.close()
