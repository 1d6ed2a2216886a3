"""The life of a case: its states, what may be done to it, and where that leads."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from anpr.errors import AnprError


class CaseError(AnprError):
    """This cannot be done to the case. The message says why, then what can be."""


class State(StrEnum):
    """How far a case has come."""

    CANDIDATE = "candidate"
    """the rules found it; no person has looked"""
    REVIEWED = "reviewed"
    """an officer read the plate that the case names"""
    ACCEPTED = "accepted"
    """it goes to its receivers with the next export"""
    REJECTED = "rejected"
    """it is none, for a coded reason"""
    EXPORTED = "exported"
    """its evidence package is made"""
    RECEIVED = "received"
    """all its receivers have acknowledged it"""
    REFUSED = "refused"
    """a receiver does not want it"""
    WITHDRAWN = "withdrawn"
    """it no longer stands; whoever got it is told"""


class Act(StrEnum):
    """What is done to a case."""

    AGREE = "agree"
    """an officer typed the case's own plate"""
    REJECT = "reject"
    ACCEPT = "accept"
    EXPORT = "export"
    FAIL = "fail"
    """its package could not be made; the next export tries again"""
    HEAR = "hear"
    """what became of it on its way, or that it goes again: its receivers have still to answer"""
    RECEIVE = "receive"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    """take back what was sent"""
    LAPSE = "lapse"
    """what it rests on no longer stands, and nothing was sent"""
    REOPEN = "reopen"
    """look at it anew"""


class Reason(StrEnum):
    """Why a case is rejected."""

    DIFFERS = "differs"
    """the officer read another plate"""
    UNREADABLE = "unreadable"
    WRONG_VEHICLE = "wrong_vehicle"
    PRIORITY_VEHICLE = "priority_vehicle"
    """a priority vehicle on duty"""
    TRAILER = "trailer"
    """a trailer that repeats the plate of what tows it"""
    TEST = "test"
    IMAGE_MISSING = "image_missing"
    DISMISSED = "dismissed"
    """the plate is right, and the case is none"""
    OTHER = "other"
    """the note says which"""


WRITTEN_OUT: Mapping[str, Reason] = MappingProxyType(
    {
        "priority_vehicle_on_duty": Reason.PRIORITY_VEHICLE,
        "trailer_repeating_the_towing_plate": Reason.TRAILER,
    }
)
"""Reasons that are also known by the whole of what they mean."""


class Outcome(StrEnum):
    """What the review of a case comes to."""

    AGREED = "agreed"
    """the officer read the plate that the case names"""
    DIFFERS = "differs"
    """the officer read another plate"""
    UNREADABLE = "unreadable"
    """no plate can be read on the images"""
    DISMISSED = "dismissed"
    """the plate is right, and the case is none: the note says why"""


NOT_PACKED = "not_packed"
"""Why an accepted case was not exported: the note of its history says what is missing."""

NOT_DELIVERED = "not_delivered"
"""A receiver took it for a week's attempts in vain: somebody must send it again."""

_C, _V, _A, _J = State.CANDIDATE, State.REVIEWED, State.ACCEPTED, State.REJECTED
_X, _R, _F, _W = State.EXPORTED, State.RECEIVED, State.REFUSED, State.WITHDRAWN

MOVES: Mapping[Act, Mapping[State, State]] = MappingProxyType(
    {
        Act.AGREE: {_C: _V, _V: _V, _J: _V},
        Act.REJECT: {_C: _J, _V: _J, _A: _J, _J: _J},
        Act.ACCEPT: {_V: _A},
        Act.EXPORT: {_A: _X},
        Act.FAIL: {_A: _A},
        Act.HEAR: {_X: _X, _R: _X, _F: _X, _W: _W},
        Act.RECEIVE: {_X: _R, _R: _R, _F: _R},
        Act.REFUSE: {_X: _F, _R: _F, _F: _F},
        Act.WITHDRAW: {_X: _W, _R: _W, _F: _W},
        Act.LAPSE: {_C: _W, _V: _W, _A: _W, _J: _W},
        Act.REOPEN: {_V: _C, _A: _C, _J: _C, _W: _C},
    }
)
"""Where each act leads, from each state in which it may be done."""

SENT = frozenset(MOVES[Act.WITHDRAW])
"""Somebody outside has it."""

OPEN = frozenset({_C, _V, _A})
"""The zone still has to do something, before its deadline."""

CLOSED = frozenset({_J, _X, _R, _W})
"""The term after which a case is erased runs."""


class WrongStateError(CaseError):
    """What was asked does not follow from the state the case is in."""


def after(state: State, act: Act) -> State:
    """Tell where an act leads. Raises WrongStateError."""
    following = MOVES[act].get(state)
    if following is None:
        may = ", ".join(one for one in Act if state in MOVES[one])
        msg = f"the case is {state}, so one cannot {act} it; one can {may}"
        raise WrongStateError(msg)
    return following


def reason_of(text: str) -> tuple[Reason, str]:
    """Read a reason as people write it: a code, with blanks or dashes, or else a note."""
    code = text.strip().lower().replace(" ", "_").replace("-", "_")
    known = WRITTEN_OUT.get(code) or next((one for one in Reason if code == one.value), None)
    return (Reason.OTHER, text.strip()) if known is None else (known, "")
