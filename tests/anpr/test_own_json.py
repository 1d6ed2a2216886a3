"""What our own stages wrote is read quickly; all else as pydantic reads it, errors among it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from anpr.events import (
    Alternative,
    Direction,
    Images,
    Passage,
    PlateRead,
    Position,
    Source,
    TimeSource,
    Vehicle,
    VehicleClass,
    Wire,
)
from anpr.own_json import quick_reader

WHEN = datetime(2026, 5, 4, 8, 30, 0, 123456, tzinfo=UTC)

READ = PlateRead(
    camera="n8-in", captured_at=WHEN, plate="1ABC123", track="t-1",
    received_at=WHEN + timedelta(milliseconds=40), time_source=TimeSource.RECEIPT, raw="1-ABC-123",
    country="BE", confidence=0.97, characters=(0.99, 0.9), box=(1, 2.5, 30, 40), lane=2,
    alternatives=(Alternative(plate="1A8C123", confidence=0.02),), direction=Direction.RECEDING,
    speed_kmh=48.5, position=Position(lat=51.05, lon=3.72), images=Images(crop="sha256:00"),
    vehicle=Vehicle(class_=VehicleClass.TRUCK, confidence=0.8, height_m=3.9, colour="wit"),
    source=Source.OCR, late=True, clock_error_ms=12.5,
)  # fmt: skip

PASSAGE = Passage(
    id="p-1", revision=2, camera="n8-in", at=WHEN, first_at=WHEN, last_at=WHEN, received_at=WHEN,
    plate="1ABC123", reads=("r-1", "r-2"), vehicle=READ.vehicle, alternatives=READ.alternatives,
)  # fmt: skip

VEHICLE = json.loads(READ.to_json())["vehicle"]

ODD: list[Any] = [
    None, "", "x" * 300, "é", "be", "BE\n", "approaching", True, 0, -1, 1, 2, 1.0, 0.5, 1e300,
    10**30, [], [1, 2], [0.5] * 40, {}, {"lat": 91, "lon": 0}, {"lat": 5, "lon": 5, "more": 1},
    {"class": "car"}, {**VEHICLE, "height_m": 0}, {**VEHICLE, "class": "lorry"},
    {"crop": None}, {"overview": None, "crop": "a"}, "1-abc-123", "UNKNOWN", "unknown",
    [{"plate": "1-a8c-123", "confidence": 0.1}], [{"plate": "UNKNOWN", "confidence": 0.1}],
    [{"plate": "1A8C123", "confidence": 2}], "1777883400", 1777883400,
    "2026-05-04T10:30:00+02:00", "2026-05-04T08:30:00Z", "2026-05-04t08:30:00z",
    "2026-05-04T08:30:00", "2026-05-04 08:30:00+00:00", "1999-12-31T23:59:59.000000Z",
    "9999-12-31T23:59:59-12:00", "2026-05-04T08:30Z", "2026-02-30T08:30:00Z",
    "2026-05-04T08:30:60Z", "2026-05-04T08:30:00.5Z", "2026-05-04T24:00:00Z",
]  # fmt: skip
"""What may stand in a field, valid there or not."""


def told(read: Any, data: bytes) -> Any:
    """Give what reading makes of a message: the value and its bytes, or what is wrong where."""
    try:
        value = read(data)
    except ValidationError as error:
        return [(one["type"], one["loc"]) for one in error.errors()]
    return value, value.to_json()


@pytest.mark.parametrize("value", [READ, PASSAGE, PlateRead.model_validate(
    {"camera": "a", "captured_at": WHEN, "plate": None}
)], ids=["read", "passage", "unread"])  # fmt: skip
def test_what_our_own_code_wrote_is_read_without_pydantic(value: Wire) -> None:
    quick = quick_reader(type(value))(value.to_json())

    assert quick is not None
    assert quick == value
    assert quick.to_json() == value.to_json()
    assert quick.model_fields_set == set(type(value).model_fields)


@pytest.mark.parametrize("whole", [READ, PASSAGE], ids=["read", "passage"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_stands_in_a_field_is_read_or_refused_as_the_contract_says(
    whole: Wire, odd: object
) -> None:
    contract = type(whole)
    for name in contract.model_fields:
        data = json.dumps({**json.loads(whole.to_json()), name: odd}).encode()

        assert told(contract.from_json, data) == told(contract.model_validate_json, data), name


FIELDS = st.dictionaries(st.sampled_from([*PlateRead.model_fields]), st.sampled_from(ODD))


@given(
    odd=FIELDS, missing=st.sets(st.sampled_from([*PlateRead.model_fields])), in_order=st.booleans()
)
@example(odd={}, missing={"id", "raw"}, in_order=True)
def test_fields_may_be_missing_or_in_another_order(
    *, odd: dict[str, Any], missing: set[str], in_order: bool
) -> None:
    fields = {**json.loads(READ.to_json()), **odd, "unknown": 1}
    left = [name for name in fields if name not in missing]
    data = json.dumps({name: fields[name] for name in (left if in_order else left[::-1])}).encode()

    assert told(PlateRead.from_json, data) == told(PlateRead.model_validate_json, data)


@given(st.binary(max_size=60), st.integers(0, 600))
def test_broken_bytes_are_refused_as_the_contract_says(noise: bytes, cut: int) -> None:
    data = READ.to_json()[:cut] + noise

    assert told(PlateRead.from_json, data) == told(PlateRead.model_validate_json, data)


def test_decimals_beyond_the_microsecond_are_rounded_and_nothing_else_is() -> None:
    data = PASSAGE.to_json().replace(
        b'"at":"2026-05-04T08:30:00.123456Z"', b'"at":"2026-05-04T08:30:00.123456789Z"'
    )

    quick, slow = Passage.from_json(data), Passage.model_validate_json(data)

    assert quick.at - slow.at == timedelta(microseconds=1)
    assert quick.model_copy(update={"at": slow.at}) == slow


def test_a_type_or_a_bound_that_is_not_known_is_refused_when_the_reader_is_made() -> None:
    class Listed(Wire):
        names: list[str]

    class Stepped(Wire):
        number: Annotated[int, Field(multiple_of=5)]

    for contract in (Listed, Stepped):
        with pytest.raises(TypeError, match="say what msgspec calls it"):
            quick_reader(contract)


def test_a_contract_that_validates_in_python_says_itself_what_is_normal() -> None:
    class Shouted(Wire):
        word: Annotated[str, BeforeValidator(str.upper)]

    class Held(Wire):
        first: int
        last: int

        @model_validator(mode="after")
        def _in_order(self) -> Self:
            return self

    for contract in (Shouted, Held):
        with pytest.raises(TypeError, match="give it an `is_normal`"):
            quick_reader(contract)
