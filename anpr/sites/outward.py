"""What is erased when, and what a question about the past needs."""

from typing import Annotated, Literal

from pydantic import Field

from anpr.sites.values import Part


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
