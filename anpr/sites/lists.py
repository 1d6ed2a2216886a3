"""What a site says of its lists: who may see them, how long they hold, what counts as probable."""

from typing import Annotated

from pydantic import Field

from anpr.sites.values import Part, RoleName, Share

DEFAULT_LIFE_DAYS = 30


class ListSettings(Part):
    """`[lists.NAME]`: one list. A list without a table has the defaults."""

    visible_to: tuple[RoleName, ...] = ()
    """the roles that may see its entries and hits, such as ['investigator']; none: no limit"""
    stale_after_h: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """the hours after its last import from which its hits ask nobody to stop a vehicle"""
    default_life_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """the days an entry without `valid_to` holds, from 1 to 3650; 30 unless it is a permit list"""
    probable_min: Share = 0.001
    """the least likelihood of a `probable` hit, from 0 to 1"""
