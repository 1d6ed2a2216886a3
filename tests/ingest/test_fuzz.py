"""Whatever a camera writes in headers and bodies, it gets an answer of the contract."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.kit import Zone, picture

TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
NAMES = st.sampled_from(
    [
        "x-captured-at",
        "x-vehicle-class",
        "x-vehicle-height-m",
        "x-lane",
        "x-direction",
        "x-speed-kmh",
        "content-type",
        "authorization",
        "content-length",
    ]
)
PLAUSIBLE = st.sampled_from(
    [
        "2026-06-01T12:00:00Z",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=",
        "Basic bm9ydGg6",
        "image/jpeg",
        "1e999",
        "-0",
        "\N{SUPERSCRIPT TWO}",
        "0x10",
        "infinity",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT | PLAUSIBLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["camera", "captured_at", "plate", "id", "box", "vehicle", "clock", "health", "track", "raw"]
)
KNOWN = {202, 400, 401, 404, 413, 415, 422}


@settings(max_examples=150, deadline=None)
@given(headers=st.dictionaries(NAMES, TEXT | PLAUSIBLE, max_size=5), is_picture=st.booleans())
def test_no_header_breaks_a_push(headers: dict[str, str], is_picture: bool) -> None:
    zone = Zone()
    encoded = {name: text.encode("latin-1", "replace") for name, text in headers.items()}
    body = picture(32, 32) if is_picture else b"--x\r\n\r\n"
    answer = zone.post(
        "north/frames", content=body, headers={"content-type": "image/jpeg", **encoded}
    )
    assert answer.status_code in KNOWN
    assert zone.is_untouched() == (answer.status_code != 202)


@settings(max_examples=150, deadline=None)
@given(
    body=JSON | st.dictionaries(FIELDS, JSON) | st.lists(st.dictionaries(FIELDS, JSON), max_size=3),
    route=st.sampled_from(["reads", "heartbeat"]),
)
def test_no_json_breaks_a_push(body: Any, route: str) -> None:
    zone = Zone()
    answer = zone.post(
        f"north/{route}",
        content=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in {202, 422}
    if answer.status_code == 422:
        assert zone.is_untouched()


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300))
def test_no_bytes_break_a_push(body: bytes) -> None:
    zone = Zone()
    for route, media in (
        ("frames", "image/jpeg"),
        ("frames", "multipart/form-data; boundary=x"),
        ("reads", "application/json"),
        ("heartbeat", "application/json"),
    ):
        answer = zone.post(f"north/{route}", content=body, headers={"content-type": media})
        assert answer.status_code in KNOWN
