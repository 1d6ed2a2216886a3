"""What leaves a site: alert routes, channels, and what is erased when."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.events import CameraStatus, Decision, LockVerdict, SectionVerdict
from anpr.sites.values import Ids, Part, SecretRef, SomeIds, Url

Kind = Literal["hit", "section_transit", "lock_transit", "access", "clone_suspect", "camera_state"]

VERDICTS: dict[str, tuple[str, ...]] = {
    "section_transit": tuple(SectionVerdict),
    "lock_transit": tuple(LockVerdict),
    "access": tuple(Decision),
    "camera_state": tuple(CameraStatus),
}
"""What `verdicts` may name, by the kind of event: its verdict, decision or state."""


class When(Part):
    """What an alert route asks of an event; what is absent is not asked."""

    kind: Kind
    """the kind of event, such as 'hit'"""
    priority_min: Annotated[int, Field(ge=0, le=100)] | None = None
    """the least priority of a hit, from 0 to 100"""
    lists: Ids | None = None
    """the names of the lists whose hits are meant"""
    cameras: Ids | None = None
    """the ids of the cameras that are meant"""
    verdicts: tuple[str, ...] | None = None
    """the verdicts, decisions or states that are meant"""

    @model_validator(mode="after")
    def _can_come_true(self) -> Self:
        """Refuse what no event can meet: the route would be silent and nobody would know."""
        if self.kind != "hit" and (self.priority_min is not None or self.lists is not None):
            msg = "only a hit has a priority and a list; take them out or write kind = 'hit'"
            raise ValueError(msg)
        known = VERDICTS.get(self.kind, ())
        if wrong := [verdict for verdict in self.verdicts or () if verdict not in known]:
            choice = f"choose from {', '.join(known)}" if known else "take `verdicts` out"
            msg = f"no {self.kind} has the verdict {', '.join(map(repr, wrong))}; {choice}"
            raise ValueError(msg)
        return self


class AlertRoute(Part):
    """`[[alerts]]`: which events go to which channels."""

    when: When
    """the events that are meant, such as { kind = 'hit', priority_min = 50 }"""
    channels: SomeIds
    """the names of channels, such as ['console']"""
    repeat_after_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 600
    """the seconds before the same thing at the same camera is sent again"""


class Channel(Part):
    """`[channels.NAME]`: a way out. `console` needs no entry."""

    type: Literal["webhook"]
    """'webhook'"""
    url: Url
    """the address that is called, such as https://dispatch.example/anpr"""
    secret: SecretRef
    """where the secret that signs is kept: env:NAME or file:PATH, never the secret itself"""


class Retention(Part):
    """`[retention]`: whole days, at most the 12 months of WPA 44/11/3decies."""

    passages_days: Annotated[int, Field(ge=1, le=365)] = 365
    """the days a passage is kept, from 1 to 365"""
    images_days: Annotated[int, Field(ge=1, le=365)] = 30
    """the days an image is kept, from 1 to 365"""
    cleared_days: Annotated[int, Field(ge=1, le=365)] = 14
    """the days an event that led to nothing is kept, from 1 to 365"""
    hits_days: Annotated[int, Field(ge=1, le=365)] = 365
    """the days a hit is kept, from 1 to 365"""
    visits_days: Annotated[int, Field(ge=1, le=365)] = 30
    """the days a visit is kept, from 1 to 365"""
    cases_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """the days a closed case is kept, from 1 to 3650"""
    dead_letters_days: Annotated[int, Field(ge=1, le=30)] = 7
    """the days a refused message is kept, from 1 to 30"""
    audit_days: Annotated[int, Field(ge=365, le=36500)] = 3650
    """the days the audit trail is kept, from 365 to 36500"""
    statistics_days: Annotated[int, Field(ge=1, le=36500)] = 3650
    """the days counts and travel times are kept, from 1 to 36500"""


Guarded = Literal["trail", "couriers", "convoy", "areas", "past"]


class Inquiry(Part):
    """`[inquiry]`: what a question about stored passages needs, beside its purpose and case."""

    first_month_days: Annotated[int, Field(ge=1, le=30)] = 30
    """the days after which the prosecutor's decision is needed, from 1 to 30"""
    second_person: tuple[Guarded, ...] = ("trail", "couriers", "convoy", "areas", "past")
    """the questions that another person approves first, such as ['trail', 'convoy']"""
