"""Pushing finished reads: one or a list, all or none."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.errors import LogFullError
from anpr.events import Images, PlateRead, TimeSource
from anpr.ids import read_id
from anpr.topics import EVENTS, READS
from tests.ingest.kit import NOON, Zone, only_problem, problems


@pytest.fixture
def zone() -> Zone:
    return Zone()


def a_read(**fields: Any) -> dict[str, Any]:
    return {"camera": "north", "captured_at": NOON.isoformat(), "plate": "1-ABC-123", **fields}


def kept(zone: Zone) -> list[PlateRead]:
    return [PlateRead.model_validate_json(record.value) for record in zone.log.kept[READS]]


def test_one_read_is_kept_under_its_camera_with_its_computed_id(zone: Zone) -> None:
    answer = zone.post("north/reads", json=a_read())
    assert answer.status_code == 202
    assert answer.json() == {"reads": [read_id("north", NOON, "1ABC123", None)]}
    (record,) = zone.log.kept[READS]
    (read,) = kept(zone)
    assert record.key == "north"
    assert (read.plate, read.raw, read.received_at) == ("1ABC123", "1-ABC-123", NOON)
    assert read.time_source is TimeSource.CAMERA


def test_a_list_of_reads_is_kept_in_order(zone: Zone) -> None:
    pushed = [a_read(plate=f"1ABC12{digit}") for digit in range(3)] + [a_read(plate=None)]
    answer = zone.post("north/reads", json=pushed)
    assert answer.json()["reads"] == [read.id for read in kept(zone)]
    assert [read.plate for read in kept(zone)] == ["1ABC120", "1ABC121", "1ABC122", None]


def test_an_empty_list_is_nothing_and_no_mistake(zone: Zone) -> None:
    answer = zone.post("north/reads", json=[])
    assert (answer.status_code, answer.json()) == (202, {"reads": []})


def test_receipt_lateness_and_clock_error_are_ours_to_say(zone: Zone) -> None:
    claimed = {
        "received_at": "2020-01-01T00:00:00Z",
        "late": True,
        "clock_error_ms": 0.5,
    }
    old = {"captured_at": (NOON - timedelta(hours=2)).isoformat()}
    zone.post("north/reads", json=[a_read(**claimed), a_read(**claimed, **old)])
    assert [read.late for read in kept(zone)] == [False, True]
    assert [read.received_at for read in kept(zone)] == [NOON, NOON]
    assert [read.clock_error_ms for read in kept(zone)] == [None, None]


def test_a_bad_read_in_a_list_is_named_by_its_place_and_none_is_taken(zone: Zone) -> None:
    pushed = [a_read(), a_read(captured_at="2026-06-01T12:00:00"), a_read(confidence=2)]
    found = problems(zone.post("north/reads", json=pushed))
    assert [where for where, _ in found] == [
        ("body", 1, "captured_at"),
        ("body", 2, "confidence"),
    ]
    assert zone.is_untouched()


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("camera", "south", ("camera",)),
        ("camera", None, ("camera",)),
        ("captured_at", (NOON + timedelta(seconds=5.001)).isoformat(), ("captured_at",)),
        ("captured_at", "1970-01-01T00:00:00Z", ("captured_at",)),
        ("captured_at", "2026-06-01T12:00:00", ("captured_at",)),
        ("captured_at", 1_780_000_000, ("captured_at",)),
        ("plate", 7, ("plate",)),
        ("plate", "A" * 17, ("plate",)),
        ("country", "Belgium", ("country",)),
        ("vehicle", {"class": "lorry"}, ("vehicle", "class")),
        ("box", [1, 2, -3, 4], ("box", 2)),
    ],
)
def test_a_bad_field_is_named_in_one_read_and_in_a_list(
    zone: Zone, field: str, value: Any, where: tuple[str | int, ...]
) -> None:
    bad = a_read(**{field: value})
    assert only_problem(zone.post("north/reads", json=bad))[0] == ("body", *where)
    answer = zone.post("north/reads", json=[a_read(), bad])
    assert only_problem(answer)[0] == ("body", 1, *where)
    assert zone.is_untouched()


def test_a_missing_plate_is_not_a_plate_that_could_not_be_read(zone: Zone) -> None:
    bad = {"camera": "north", "captured_at": NOON.isoformat()}
    assert only_problem(zone.post("north/reads", json=bad)) == (
        ("body", "plate"),
        "Field required",
    )


def test_an_answer_never_repeats_the_plate(zone: Zone) -> None:
    answer = zone.post("north/reads", json=a_read(plate="1ABC123" * 3, confidence="1ABC123"))
    assert len(problems(answer)) == 2
    assert "1ABC123" not in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[", b"[1,", b'{"camera": "\xff"}', b"null", b"7", b'"x"', b"[" * 9999]
)
def test_broken_json_is_refused(zone: Zone, body: bytes) -> None:
    answer = zone.post("north/reads", content=body, headers={"content-type": "application/json"})
    assert problems(answer)[0][0][0] == "body"
    assert zone.is_untouched()


@pytest.mark.parametrize(("count", "status"), [(1000, 202), (1001, 422)])
def test_a_list_has_at_most_a_thousand_reads(zone: Zone, count: int, status: int) -> None:
    answer = zone.post("north/reads", json=[a_read()] * count)
    assert answer.status_code == status
    assert len(kept(zone)) == (count if status == 202 else 0)


def test_an_answer_names_at_most_a_hundred_problems(zone: Zone) -> None:
    assert len(problems(zone.post("north/reads", json=[7] * 1000))) == 100


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_reads_of_another_type_are_refused(zone: Zone, media: str) -> None:
    answer = zone.post("north/reads", content=b"{}", headers={"content-type": media})
    assert answer.status_code == 415


def test_reads_that_cannot_be_kept_are_to_be_pushed_again(zone: Zone) -> None:
    zone.log.refuses[READS] = LogFullError("full")
    answer = zone.post("north/reads", json=a_read())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert zone.log.kept[EVENTS] == []


def test_only_references_into_the_image_store_are_kept_of_images(zone: Zone) -> None:
    known = f"sha256:{'0' * 64}"
    zone.post("north/reads", json=a_read(images={"crop": known, "overview": "../../secret"}))
    zone.post("north/reads", json=a_read(images={"crop": f"{known}?next=//elsewhere.test"}))
    assert [read.images for read in kept(zone)] == [Images(crop=known), Images()]
