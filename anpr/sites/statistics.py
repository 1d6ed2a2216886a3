"""What a site says of its statistics: below which number nothing is told, and what is through."""

from typing import Annotated, Literal

from pydantic import Field

from anpr.sites.values import Part, Seconds

Published = Literal["counts", "travel-times", "flows", "speeds", "compliance"]
"""The kinds of tables that can be published."""


class StatisticsSettings(Part):
    """`[statistics]`: how figures of traffic are made and told."""

    k: Annotated[int, Field(ge=3, le=100)] = 5
    """the number of vehicles below which a figure is not told, from 3 to 100"""
    through_within_s: Seconds = 900
    """the seconds from border to border within which a journey is through traffic"""
    publish: tuple[Published, ...] = ()
    """the tables that are published by themselves once complete, such as ['counts', 'flows']"""
    flow_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = 1
    """the hours that one table of flows covers, such as 1, or 24 where there is little traffic"""
