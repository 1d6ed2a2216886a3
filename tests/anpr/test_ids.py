import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from anpr.ids import NAMESPACE, computed, entry_id, event_id, frame_id, passage_id, read_id

AT = datetime(2026, 1, 31, 7, 0, 0, 5, tzinfo=UTC)


def test_the_ids_are_the_same_on_every_machine() -> None:
    """Written down once: a change here would orphan every stored id."""
    read = read_id("a", AT, "1ABC123", [1, 2.5, 3, 4])
    assert read == "f777c4d0-d783-555e-af39-f8352eb2805c"
    assert passage_id("a", read) == "f64ef061-e082-5e38-9476-89797d8f7cb0"
    assert event_id("hit", "hotlist/x", ["x", "e"], ["p"]) == "aa12a1c1-620e-57c4-83d4-aed688cff8a0"
    assert frame_id("a", AT, "00ff") == "8f0cb98c-ccd4-532c-b691-fd9b2ff2eb5b"
    assert (
        entry_id("x", "1A?", country=None, match_mode="wildcard", case_ref="", valid_from=AT)
        == "6bcee140-0749-5a7d-b945-2e63a5734cbe"
    )


PARTS = st.recursive(
    st.none() | st.integers(-(2**63), 2**63) | st.text(), lambda inner: st.lists(inner, max_size=4)
)


@given(st.text(), st.lists(PARTS, max_size=4))
def test_an_id_is_the_uuid5_of_compact_json(kind: str, parts: list[object]) -> None:
    name = json.dumps([kind, *parts], ensure_ascii=False, separators=(",", ":"))
    assert computed(kind, *parts) == str(uuid5(NAMESPACE, name))


def test_a_moment_has_one_id_whatever_its_offset() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=2)))
    assert read_id("a", AT, "X", None) == read_id("a", elsewhere, "X", None)


def test_a_microsecond_another_plate_or_another_box_is_another_read() -> None:
    reads = [
        read_id("a", AT, "X", None),
        read_id("a", AT + timedelta(microseconds=1), "X", None),
        read_id("a", AT, None, None),
        read_id("a", AT, "X", [0, 0, 1, 1]),
        read_id("b", AT, "X", None),
    ]
    assert len(set(reads)) == len(reads)


def test_the_parts_of_an_id_do_not_run_together() -> None:
    assert computed("x", "ab", "c") != computed("x", "a", "bc")
    assert event_id("k", "r", ["a"], ["b"]) != event_id("k", "r", ["a", "b"], [])


def test_the_order_of_an_events_passages_counts() -> None:
    assert event_id("k", "r", [], ["entry", "exit"]) != event_id("k", "r", [], ["exit", "entry"])
