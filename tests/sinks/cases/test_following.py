"""What a case does when what it rests on changes."""

from pathlib import Path
from typing import Any

import pytest

from sinks.cases.deciding import Desk, Seen
from sinks.cases.exporting import send_withdrawals
from sinks.cases.life import State
from sinks.delivery.ledger import of_cases
from sinks.evidence.facts import CaseEvent
from sinks.evidence.packing import Packer
from tests.sinks.cases.office import AN, NOW, accepted, case, exported, judged_anew, receiving_site
from tests.sinks.evidence.cases import PLATE


def test_a_later_revision_reopens_a_case_and_another_number_alone_does_not(
    desk: Desk, event: CaseEvent
) -> None:
    accepted(desk, event)
    judged_anew(desk.engine, event)
    assert case(desk.engine, event.id).state is State.ACCEPTED
    judged_anew(desk.engine, event, revision=event.revision + 2, corrected_kmh=84)
    found = case(desk.engine, event.id)
    assert (found.state, found.reason, found.facts) == (State.CANDIDATE, "revised", None)
    assert desk.review(AN, event.id, Seen(found.version), PLATE).state is State.REVIEWED


@pytest.mark.parametrize(
    "changes", [{"withdrawn": True}, {"verdict": "cancelled", "reason": "clock_off"}]
)
def test_a_case_whose_event_no_longer_stands_lapses(
    desk: Desk, event: CaseEvent, changes: dict[str, Any]
) -> None:
    accepted(desk, event)
    judged_anew(desk.engine, event, **changes)
    found = case(desk.engine, event.id)
    assert (found.state, found.owes_withdrawal) == (State.WITHDRAWN, False)


def test_what_was_exported_is_withdrawn_and_its_receiver_is_told_once(
    desk: Desk, event: CaseEvent, packer: Packer, tmp_path: Path
) -> None:
    site = receiving_site(tmp_path)
    assert exported(desk, event, packer, tmp_path / "out", site).state is State.EXPORTED
    judged_anew(desk.engine, event, verdict="cancelled", reason="clock_off")
    assert case(desk.engine, event.id).owes_withdrawal
    told = [send_withdrawals(desk.engine, site, packer, tmp_path / "out", NOW) for _ in range(2)]
    assert told == [1, 0]
    with desk.engine.connect() as connection:
        assert len(of_cases(connection, [event.id])[event.id]) == 2, "a package and its withdrawal"
