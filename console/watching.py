"""The self-audit, for whoever watches over the look-ups: asked for, it is in the audit itself."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine

from anpr.sites import Site
from anpr.time import rfc3339
from rules.data import shipped_law
from rules.hours import holds
from sinks.store.audit import append_audit, record_audit
from sinks.store.engine import writing
from sinks.store.own_plates import set_own_plates
from sinks.store.people import Account
from sinks.store.questions import Period
from sinks.store.self_audit import Finding, self_audit
from sinks.store.vault import Vault


def report_on(
    engine: Engine, vault: Vault, site: Site, account: Account, period: Period, now: datetime
) -> list[Finding]:
    """Find the look-ups of a period that must be explained, and record that somebody asked.

    Raises StoreError.
    """
    with engine.connect() as connection:
        found = self_audit(
            connection,
            vault,
            period,
            repeats=site.audit.repeats,
            is_in_service=lambda moment: is_in_service(site, moment),
        )
    query = {"from": rfc3339(period.since), "to": rfc3339(period.until)}
    record_audit(engine, account, "audit_report", now, query=query, results=len(found))
    return found


def is_in_service(site: Site, moment: datetime) -> bool:
    """Say whether a moment lies in the hours of service; without any, every moment does.

    A day of which the calendar does not know whether it is a holiday counts as none.
    """
    local = moment.astimezone(site.site.zone)
    hours = site.audit.service_hours
    return not hours or any(
        holds(one, shipped_law().calendar(one.except_holidays), local) is not False for one in hours
    )


def name_own_plates(
    engine: Engine, vault: Vault, by: Account, name: str, plates: Collection[str], now: datetime
) -> None:
    """Say which plates are an account's own, and record it.

    Raises AccessDeniedError, UnknownAccountError.
    """
    with writing(engine) as connection:
        set_own_plates(connection, vault, by, name, plates)
        append_audit(
            connection, by.name, by.role_text, "audit_plates", now,
            query={"account": name, "plates": sorted(plates)}, results=len(plates),
        )  # fmt: skip
