"""What receivers say of a case, and what that makes of it: one rule over all its consignments.

A case may go to several receivers. Of the package that was sent last: refused by one, it is
refused; received by all, it is received; else it is exported, and waits. What a receiver says of a
withdrawal, or of an older package, is kept in the history and changes no state.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from anpr.errors import AnprError
from sinks.cases.ledger import Case, Doer, case_by_id, change
from sinks.cases.life import MOVES, NOT_DELIVERED, SENT, Act, State
from sinks.delivery import ledger as delivery
from sinks.delivery.ledger import TURN, Consignment, Kind
from sinks.store.audit import MACHINE, append_audit
from sinks.store.dialects import take_turn
from sinks.store.engine import writing
from sinks.store.people import Account

ACTS = {State.RECEIVED: Act.RECEIVE, State.REFUSED: Act.REFUSE, State.EXPORTED: Act.HEAR}
"""What leads to what the rule says."""


SENT_AGAIN = "sent again"


@dataclass(frozen=True, slots=True)
class Word:
    """What became of a consignment, as a line of a case's history keeps it."""

    receiver: str
    kind: str
    state: str
    answer: str = ""

    def __str__(self) -> str:
        """Write it as `read` reads it."""
        return f"{self.receiver}, {self.kind}: {self.state}. {self.answer}".rstrip(". ")

    @classmethod
    def read(cls, note: str) -> "Word | None":
        """Read a line's note; a person's own words are none."""
        found = _WORD.fullmatch(note)
        return cls(*found.groups(default="")) if found else None


_KINDS = "|".join(Kind)
_STATES = "|".join((*delivery.State, SENT_AGAIN))
_WORD = re.compile(rf"(.+?), ({_KINDS}): ({_STATES})(?:\. (.*))?", re.DOTALL)


def told(answers: Collection[delivery.State]) -> State:
    """Say how far a case is by what became of its package at each of its receivers."""
    if delivery.State.REFUSED in answers:
        return State.REFUSED
    is_everywhere = bool(answers) and set(answers) == {delivery.State.RECEIVED}
    return State.RECEIVED if is_everywhere else State.EXPORTED


def newest(consignments: Sequence[Consignment]) -> list[Consignment]:
    """Give those of the package that was sent last, one a receiver."""
    packages = [one for one in consignments if one.kind is Kind.PACKAGE]
    return [one for one in packages if one.sha256 == packages[-1].sha256]


def hear(connection: Connection, one: Consignment) -> None:
    """Let a case know what became of its consignment (a courier's `told`)."""
    if one.state in delivery.OPEN:
        return
    take_turn(connection, TURN)
    try:
        case = case_by_id(connection, one.case)
    except AnprError:  # erased meanwhile
        return
    is_lost = one.state is delivery.State.FAILED and one.kind is Kind.PACKAGE
    word = Word(one.receiver, one.kind, one.state, one.answer)
    by = Doer(MACHINE, MACHINE, one.answered_at or one.created_at)
    _follow(connection, case, by, NOT_DELIVERED if is_lost else "", str(word))


def say_by_hand(connection: Connection, case: Case, act: Act, by: Doer, note: str) -> Case:
    """Record for all receivers what an officer heard in another way. Raises WrongStateError."""
    state = delivery.State.RECEIVED if act is Act.RECEIVE else delivery.State.REFUSED
    sent = newest(delivery.of_cases(connection, [case.id]).get(case.id, []))
    for one in sent:
        delivery.settle(connection, one, state, f"{by.name}: {note}".rstrip(": "), by.now)
    return change(connection, case, act, by, note=note)


def send_again(engine: Engine, account: Account, ids: Collection[int], now: datetime) -> int:
    """Send consignments again, and let their cases wait for the answer; tell how many there are."""
    with writing(engine) as connection:
        take_turn(connection, TURN)
        sent = delivery.resend(connection, ids, now)
        query = {"consignments": sorted(one.id for one in sent)}
        append_audit(
            connection, account.name, account.role_text, "delivery_resend", now, query=query,
            results=len(sent),
        )  # fmt: skip
        by = Doer(account.name, account.role_text, now)
        for one in sent:
            try:
                case = case_by_id(connection, one.case)
            except AnprError:  # erased meanwhile
                continue
            _follow(connection, case, by, "", str(Word(one.receiver, one.kind, SENT_AGAIN)))
    return len(sent)


def _follow(connection: Connection, case: Case, by: Doer, reason: str, note: str) -> None:
    """Write a line of the case's history, and let the rule say where it leads."""
    act = Act.HEAR
    if case.state in SENT:
        sent = newest(delivery.of_cases(connection, [case.id]).get(case.id, []))
        act = ACTS[told([one.state for one in sent])]
    if case.state in MOVES[act]:
        keep = case.reason if case.state is State.WITHDRAWN else reason
        owed = case.owes_withdrawal
        change(connection, case, act, by, reason=keep, note=note, owes_withdrawal=owed)
