"""What receivers say of a case: one rule over its consignments, whatever came in what order."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from anpr.sites import Site
from sinks.cases.deciding import Desk, Seen
from sinks.cases.exporting import export_cases, send_withdrawals
from sinks.cases.ledger import Case, case_by_id, history_of
from sinks.cases.life import Act, State
from sinks.cases.receipts import SENT_AGAIN, Word, hear, send_again, told
from sinks.delivery.courier import Courier
from sinks.delivery.folder import FolderWay
from sinks.delivery.ledger import Consignment, Kind, of_cases, settle
from sinks.delivery.ledger import State as Consigned
from sinks.delivery.way import Outcome, Way
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.evidence.sealing import Recipient
from sinks.store.audit import latest_audit
from sinks.store.engine import writing
from tests.sinks.build import T0
from tests.sinks.cases.office import AN, NOW, accepted, judged_anew
from tests.sinks.evidence.cases import Pictures, stored, zone_site

ANSWERS = st.lists(st.sampled_from(Consigned), max_size=5)


@given(ANSWERS, st.randoms())
def test_the_state_is_a_rule_over_all_consignments_in_whatever_order(
    answers: list[Consigned], random: object
) -> None:
    mixed = list(answers)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert told(mixed) is told(answers)


@given(ANSWERS)
def test_one_refusal_refuses_and_only_all_receipts_together_are_a_receipt(
    answers: list[Consigned],
) -> None:
    assert (told(answers) is State.REFUSED) == (Consigned.REFUSED in answers)
    is_everywhere = bool(answers) and all(one is Consigned.RECEIVED for one in answers)
    assert (told(answers) is State.RECEIVED) == is_everywhere


@given(
    st.text(st.characters(categories=["Ll", "Nd"], include_characters="-"), min_size=1),
    st.sampled_from(Kind),
    st.sampled_from([*Consigned, SENT_AGAIN]),
    st.sampled_from(["", "HTTP 503", "no such folder: a, package: sent"]),
)
def test_what_a_receiver_said_is_read_from_the_history_as_it_was_written(
    receiver: str, kind: Kind, state: str, answer: str
) -> None:
    word = Word(receiver, kind, state, answer)
    assert Word.read(str(word)) == word


@pytest.mark.parametrize("note", ["", "spoken on the phone", "the package: sent by post"])
def test_a_persons_own_words_are_no_receivers(note: str) -> None:
    assert Word.read(note) is None


class Sending:
    """A case that was exported to two receivers."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        pictures = Pictures()
        self.engine, self.folder = engine, folder
        self.event = stored(engine, pictures)
        receivers = {name: {"to": f"folder:{folder}/{name}"} for name in ("court", "traffic")}
        site = {**zone_site().model_dump(by_alias=True), "receivers": receivers}
        self.site: Site = Site.model_validate(site)
        KeyRing(folder / "keys").create(T0)
        self.packer = Packer(folder / "keys", self.site.evidence, str)
        self.desk = Desk(engine, self.site, pictures, lambda: NOW)
        accepted(self.desk, self.event)
        (sent,) = export_cases(
            engine, self.site, self.packer, pictures, folder / "out", AN, NOW
        )  # fmt: skip
        assert sent.path is not None

    @property
    def case(self) -> Case:
        with self.engine.connect() as connection:
            return case_by_id(connection, self.event.id)

    @property
    def consignments(self) -> Sequence[Consignment]:
        with self.engine.connect() as connection:
            return of_cases(connection, [self.event.id])[self.event.id]

    def says(self, receiver: str, said: Consigned, kind: Kind = Kind.PACKAGE) -> State:
        """Let a receiver answer; give the case's state."""
        (one,) = (c for c in self.consignments if (c.receiver, c.kind) == (receiver, kind))
        with writing(self.engine) as connection:
            settle(connection, one, said, "receipt 7", NOW + timedelta(hours=1))
            (one,) = (c for c in of_cases(connection, [one.case])[one.case] if c.id == one.id)
            hear(connection, one)
        return self.case.state

    def notes(self) -> list[str]:
        """Give what the case's history says of its receivers."""
        with self.engine.connect() as connection:
            lines = history_of(connection, self.event.id)
        return [one.note for one in lines if one.act in {Act.HEAR, Act.RECEIVE, Act.REFUSE}]


@pytest.fixture
def sending(engine: Engine, tmp_path: Path) -> Sending:
    return Sending(engine, tmp_path)


def test_a_case_is_received_once_all_have_it_and_each_receipt_names_its_receiver(
    sending: Sending,
) -> None:
    assert sending.says("traffic", Consigned.RECEIVED) is State.EXPORTED
    assert sending.says("court", Consigned.RECEIVED) is State.RECEIVED
    assert sending.notes() == [
        "traffic, package: received. receipt 7", "court, package: received. receipt 7",
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["traffic", "court"])
def test_a_refusal_by_one_is_not_overwritten_by_the_other_s_receipt(
    sending: Sending, first: str
) -> None:
    answers = {"traffic": Consigned.RECEIVED, "court": Consigned.REFUSED}
    for receiver in sorted(answers, key=lambda one: one != first):
        sending.says(receiver, answers[receiver])
    assert sending.case.state is State.REFUSED


def test_what_is_sent_again_waits_again_and_says_by_whom(sending: Sending) -> None:
    sending.says("traffic", Consigned.RECEIVED)
    sending.says("court", Consigned.REFUSED)
    (refused,) = (one for one in sending.consignments if one.receiver == "court")
    assert send_again(sending.engine, AN, [refused.id], NOW) == 1
    assert sending.case.state is State.EXPORTED
    assert sending.case.changed_by == AN.name
    with sending.engine.connect() as connection:
        (line, *_) = latest_audit(connection, 2)[1:]
    assert (line.account, line.action) == (AN.name, "delivery_resend")
    assert sending.says("court", Consigned.RECEIVED) is State.RECEIVED


def test_a_receipt_of_a_withdrawal_is_another_one_than_of_the_package(sending: Sending) -> None:
    sending.says("traffic", Consigned.RECEIVED)
    judged_anew(sending.engine, sending.event, verdict="cancelled", reason="clock_off")
    assert sending.says("court", Consigned.RECEIVED) is State.WITHDRAWN, "it comes too late"
    assert sending.case.owes_withdrawal
    send_withdrawals(sending.engine, sending.site, sending.packer, sending.folder / "out", NOW)
    assert sending.says("traffic", Consigned.RECEIVED, Kind.WITHDRAWAL) is State.WITHDRAWN
    assert sending.notes()[-1] == "traffic, withdrawal: received. receipt 7"
    assert sending.case.reason == "clock_off"


def test_who_answers_by_hand_answers_for_all_receivers(sending: Sending) -> None:
    desk, case = sending.desk, sending.case
    sending.says("court", Consigned.REFUSED)
    seen = Seen(sending.case.version)
    assert desk.answer(AN, case.id, seen, Act.RECEIVE, "by telephone").state is State.RECEIVED
    assert {one.state for one in sending.consignments} == {Consigned.RECEIVED}
    assert {one.answer for one in sending.consignments} == {"an: by telephone"}


class Down:
    """A receiver that does not answer."""

    def send(self, name: str, content: bytes, key: str) -> Outcome:
        """Fail."""
        return Outcome(None, "HTTP 503")

    def answer(self, name: str) -> Outcome:
        """Say nothing."""
        return Outcome(None)

    def close(self) -> None:
        """Release nothing."""


def test_a_receiver_that_is_down_leaves_the_case_exported_and_says_so_when_given_up(
    sending: Sending,
) -> None:
    for folder in ("traffic", "court"):
        (sending.folder / folder).mkdir()
    moments = iter([NOW, NOW + timedelta(days=8)])
    moment = next(moments)
    ways: dict[str, tuple[Way, Recipient | None]] = {
        "traffic": (FolderWay(sending.folder / "traffic"), None),
        "court": (Down(), None),
    }
    courier = Courier(sending.engine, ways, lambda: moment, hear)
    courier.deliver_due()
    assert (sending.case.state, sending.case.reason) == (State.EXPORTED, "")
    assert {one.answer for one in sending.consignments} == {"", "HTTP 503"}
    moment = next(moments)
    courier.deliver_due()
    assert (sending.case.state, sending.case.reason) == (State.EXPORTED, "not_delivered")
    assert sending.notes() == ["court, package: failed. HTTP 503"]
