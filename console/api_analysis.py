"""The API of what only many plates together tell; no plate comes out of it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from console.access import requires
from console.api_counts import StatisticsReader, day_of
from console.api_events import Since, Until
from console.api_passages import REFUSALS
from console.context import Here
from sinks.analysis.figures import Drifts, InversionOut, find_drifts, find_inversions
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.rights import Right

router = APIRouter(prefix="/api/statistics", tags=["statistics"], responses=REFUSALS)

CaseWorker = Annotated[Account, Depends(requires(Right.CASES))]


class Inversions(BaseModel):
    """Overtaking where it is banned, cancelled ones too."""

    inversions: list[InversionOut]


@router.get("/clock-drift")
def read_drifts(
    console: Here, _account: StatisticsReader, since: Since = None, until: Until = None
) -> Drifts:
    """Tell which clocks have drifted in a period (by default the last day), seen from traffic."""
    with console.engine.connect() as connection:
        return find_drifts(connection, day_of(console, since, until))


@router.get("/overtaking")
def read_inversions(
    console: Here, account: CaseWorker, since: Since = None, until: Until = None
) -> Inversions:
    """Give the overtaking on stretches with a ban, with the passages that show it."""
    with console.engine.connect() as connection:
        found = find_inversions(connection, console.site, day_of(console, since, until))
    record_audit(console.engine, account, "overtaking", console.now(), results=len(found))
    return Inversions(inversions=found)
