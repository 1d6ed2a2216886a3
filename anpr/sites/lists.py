"""What a site says of its lists: who may see them, how long they hold, what counts as probable."""

from typing import Annotated, Literal

from pydantic import Field

from anpr.sites.values import Ids, Part, RoleName, Share

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
    unconfirmed: Literal["dispatch", "all"] = "dispatch"
    """'dispatch' or 'all': who gets its hits that are not exact"""
    precision_min: Share = 0.5
    """the least share of its judged hits that were right, from 0 to 1; below it is demoted"""
    precision_after: Annotated[int, Field(ge=5, le=1000)] = 20
    """the judged hits from which on that share counts, from 5 to 1000"""
    owner: Ids = ()
    """the channels of whoever keeps it: they hear when it is demoted, such as ['list-mail']"""
