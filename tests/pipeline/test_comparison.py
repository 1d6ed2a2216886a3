from pathlib import Path
from typing import Any

import pytest

from anpr.errors import ListError
from anpr.events import SectionTransit
from pipeline.simulation.comparison import NO_TRANSIT, Found, Miss, compare, read_truth
from tests.sinks.build import T0, seconds, transit

PLATE = "1ABC234"


def driven(**changes: Any) -> dict[str, Any]:
    known = {
        "kind": "section_transit", "section": "n177", "plate": PLATE, "at": T0.isoformat(),
        "verdict": "violation", "entry_read": PLATE, "exit_read": PLATE, "flaw": None,
    }  # fmt: skip
    return {**known, **changes}


def case(**changes: Any) -> SectionTransit:
    return transit(**{"verdict": "violation", "reason": "above_limit", **changes})


def found(truth: dict[str, Any], *events: SectionTransit) -> Found:
    return compare([truth], events).found["section_transit"]


def test_a_case_of_the_plate_at_the_place_about_the_time_is_found() -> None:
    one = found(driven(), case(at=T0 + seconds(2)))
    assert (one.recall, one.precision, one.missed.total()) == ((1, 1), (1, 1), 0)


@pytest.mark.parametrize(
    "changes", [{"plate": "2XYZ999"}, {"section": "n16"}, {"at": T0 + seconds(2.001)}]
)
def test_a_case_of_something_else_is_false(changes: dict[str, Any]) -> None:
    one = found(driven(), case(**changes))
    assert (one.recall, one.precision) == ((0, 1), (0, 1))
    assert one.missed == {Miss(None, NO_TRANSIT): 1}


def test_a_case_of_what_the_reads_do_not_prove_is_false() -> None:
    one = found(driven(flaw="within_error"), case())
    assert (one.recall, one.precision) == ((0, 0), (0, 1))


def test_a_case_of_who_kept_the_limit_is_false() -> None:
    assert found(driven(verdict="ok"), case()).precision == (0, 1)


def test_a_miss_tells_what_the_rules_said_of_the_plate_that_was_read() -> None:
    said = transit(verdict="cancelled", reason="look_alike", plate="1A8C234")
    one = found(driven(flaw="misread", exit_read="1A8C234"), said)
    assert one.missed == {Miss("misread", "cancelled (look_alike)"): 1}
    assert one.missed_enforceable.total() == 0


def test_a_truth_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    with pytest.raises(ListError, match="cannot be read"):
        read_truth(path)
    path.write_text("{")
    with pytest.raises(ListError, match="not JSON lines"):
        read_truth(path)
