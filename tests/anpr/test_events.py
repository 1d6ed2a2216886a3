import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from anpr.events import (
    Access,
    CameraState,
    CaseClass,
    CloneSuspect,
    Decision,
    Direction,
    Hit,
    LockTransit,
    PlateRead,
    SectionTransit,
    Source,
    TimeSource,
    VehicleClass,
    parse_event,
)
from anpr.plates import PLACEHOLDERS

AT = "2026-01-31T08:00:00+01:00"
READ = {"camera": "a", "captured_at": AT, "plate": "1ABC123"}

SHARES = st.floats(0, 1)
PLATES = st.text("ABC123Ü", min_size=1, max_size=9)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds
    timezones=st.just(UTC),
)
VEHICLES = st.fixed_dictionaries(
    {},
    optional={
        "class": st.sampled_from(VehicleClass),
        "confidence": SHARES,
        "height_m": st.floats(0.1, 10),
        "colour": st.text(min_size=1, max_size=9),
    },
)
READS = st.fixed_dictionaries(
    {"camera": st.text("ab-", min_size=1), "captured_at": MOMENTS, "plate": PLATES | st.none()},
    optional={
        "track": st.text(max_size=9),
        "received_at": MOMENTS,
        "time_source": st.sampled_from(TimeSource),
        "confidence": SHARES,
        "characters": st.lists(SHARES, max_size=9),
        "alternatives": st.lists(
            st.fixed_dictionaries({"plate": PLATES, "confidence": SHARES}), max_size=3
        ),
        "box": st.tuples(*[st.floats(0, 5000)] * 4),
        "lane": st.integers(0, 9),
        "direction": st.sampled_from(Direction),
        "vehicle": VEHICLES,
        "source": st.sampled_from(Source),
        "late": st.booleans(),
    },
)


@given(READS)
def test_a_read_survives_its_json(values: dict[str, Any]) -> None:
    read = PlateRead.model_validate(values)
    again = PlateRead.model_validate_json(read.to_json())
    assert again == read
    assert again.to_json() == read.to_json()


@given(READS)
def test_a_read_has_the_id_that_its_json_has(values: dict[str, Any]) -> None:
    read = PlateRead.model_validate(values)
    without = {key: value for key, value in json.loads(read.to_json()).items() if key != "id"}
    assert PlateRead.model_validate(without).id == read.id


def test_an_id_that_came_with_the_read_is_kept() -> None:
    assert PlateRead.model_validate({**READ, "id": "vendor-7"}).id == "vendor-7"


def test_a_null_id_is_an_absent_one() -> None:
    assert PlateRead.model_validate({**READ, "id": None}) == PlateRead.model_validate(READ)


def test_an_unknown_field_is_ignored() -> None:
    assert PlateRead.model_validate({**READ, "mood": "fine"}) == PlateRead.model_validate(READ)


def test_a_plate_is_normalised_and_its_text_kept() -> None:
    read = PlateRead.model_validate({**READ, "plate": " 1-abc-123"})
    assert (read.plate, read.raw) == ("1ABC123", " 1-abc-123")


def test_the_raw_text_that_came_with_a_read_is_kept() -> None:
    read = PlateRead.model_validate({**READ, "plate": "1-abc-123", "raw": "I-ABC-123"})
    assert (read.plate, read.raw) == ("1ABC123", "I-ABC-123")


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS))
def test_a_placeholder_word_becomes_null_and_stays_as_raw(word: str) -> None:
    read = PlateRead.model_validate({**READ, "plate": word})
    assert (read.plate, read.raw) == (None, word)


def test_alternatives_are_normalised_too() -> None:
    alternatives = [{"plate": "1-abc-128", "confidence": 0.2}]
    read = PlateRead.model_validate({**READ, "alternatives": alternatives})
    assert [one.plate for one in read.alternatives] == ["1ABC128"]


def test_two_spellings_of_a_plate_are_one_read() -> None:
    spelt = PlateRead.model_validate({**READ, "plate": "1-ABC-123"})
    assert spelt.id == PlateRead.model_validate(READ).id


@pytest.mark.parametrize("field", ["camera", "captured_at", "plate"])
def test_a_read_without_a_required_field_is_refused(field: str) -> None:
    values = {key: value for key, value in READ.items() if key != field}
    with pytest.raises(ValidationError, match="Field required"):
        PlateRead.model_validate(values)


@pytest.mark.parametrize(
    "field, value",
    [
        ("captured_at", "2026-01-31T08:00:00"),
        ("captured_at", "1970-01-01T00:00:00Z"),
        ("received_at", "2026-01-31T08:00:00"),
        ("plate", "A" * 17),
        ("plate", 7),
        ("confidence", 1.01),
        ("confidence", float("nan")),
        ("characters", [2]),
        ("box", [1, 2, 3]),
        ("box", [1, 2, -3, 4]),
        ("country", "BEL"),
        ("lane", -1),
        ("speed_kmh", 501),
        ("vehicle", {"class": "spaceship"}),
        ("position", {"lat": 91, "lon": 4}),
        ("source", "elsewhere"),
        ("alternatives", [{"plate": "", "confidence": 0.1}]),
    ],
)
def test_a_value_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        PlateRead.model_validate({**READ, field: value})


def test_a_vehicles_class_is_called_class_on_the_wire() -> None:
    read = PlateRead.model_validate({**READ, "vehicle": {"class": "truck"}})
    assert json.loads(read.to_json())["vehicle"]["class"] == "truck"


def test_a_read_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PlateRead.model_validate(READ).plate = "2ABC123"  # type: ignore[misc]


BASE = {"id": "e", "revision": 2, "at": AT, "rule": {"id": "r/1", "version": "v"}}
EVENTS = [
    Hit.model_validate({
        **BASE, "list": "l", "list_version": 1, "entry": "x", "entry_plate": "1A*",
        "plate": "1ABC123", "camera": "a", "match": "wildcard", "likelihood": 0.9,
        "priority": 50, "reason_code": "", "action": "stop",
    }),
    SectionTransit.model_validate({
        **BASE, "section": "s", "plate": "1ABC123", "duration_s": 60.5, "measured_kmh": 73.8,
        "lower_kmh": 73.7, "corrected_kmh": 67, "limit_kmh": 50, "verdict": "violation",
        "reason": "", "case_class": CaseClass.GAS5,
    }),
    LockTransit.model_validate({
        **BASE, "lock": "l", "entry_camera": "a", "exit_camera": "b", "plate": "1ABC123",
        "duration_s": 300, "verdict": "through", "reason": "",
    }),
    Access.model_validate({
        **BASE, "zone": "z", "gate": "a", "plate": "1ABC123", "decision": Decision.FLAG,
        "reason": "no permit",
    }),
    CloneSuspect.model_validate({
        **BASE, "plate": "1ABC123", "cameras": ["a", "b"], "implied_kmh": 900,
    }),
    CameraState.model_validate({
        **BASE, "camera": "a", "state": "down", "since": AT, "reason": "silent",
    }),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_survives_its_json_as_its_own_kind(event: Hit) -> None:
    again = parse_event(event.to_json())
    assert type(again) is type(event)
    assert again == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_with_an_unknown_field_is_understood(event: Hit) -> None:
    more = {**json.loads(event.to_json()), "mood": "fine"}
    assert parse_event(json.dumps(more)) == event


@pytest.mark.parametrize("text", ["{}", '{"kind": "party"}', '{"kind": "hit"}', "[]", "nonsense"])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        parse_event(text)


@pytest.mark.parametrize(
    "parse",
    [
        lambda: PlateRead.model_validate({**READ, "plate": "1ABC123" * 3, "speed_kmh": "1ABC123"}),
        lambda: parse_event(b'{"kind": "hit", "plate": ["1ABC123"], "priority": "1ABC123"}'),
    ],
    ids=["read", "event"],
)
def test_an_error_about_a_message_repeats_no_plate(parse: Callable[[], object]) -> None:
    with pytest.raises(ValidationError) as refused:
        parse()
    assert "1ABC123" not in str(refused.value)


def test_what_is_compact_says_the_same() -> None:
    read = PlateRead.model_validate(READ)
    text = read.to_json()
    assert read.compact() == PlateRead.model_validate(READ)
    assert read.to_json() == text
