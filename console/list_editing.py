"""Changing a list: what a new version would change, and whether one person may decide that."""

from dataclasses import dataclass

from anpr.errors import AccessDeniedError, ListError
from anpr.events import Action
from anpr.list_changes import ListDiff, diff, successor
from anpr.list_entries import Rows
from anpr.list_file import Life, parse_list, written
from anpr.lists import PlateList
from anpr.time import rfc3339
from console.context import Console
from console.problems import NothingHereError
from sinks.store.audit import record_audit
from sinks.store.engine import writing
from sinks.store.people import Account
from sinks.store.proposals import Proposal, decide, open_proposals, propose, withdraw

MASS = 25
"""A change of more entries needs a second person: so many drivers one error would touch."""

EDITED = 2000
"""A list of more entries is brought as a file, not edited in a page."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A new version of a list that may be published: over which version, and what it changes."""

    known: PlateList
    rows: Rows
    changes: ListDiff
    text: str

    @property
    def count(self) -> int:
        """How many entries come, go or change."""
        changes = self.changes
        return len(changes.added) + len(changes.changed) + len(changes.removed)

    @property
    def needs_second(self) -> bool:
        """Whether another person must look at it."""
        return self.count > MASS


class StaleListError(AccessDeniedError):
    """The list has changed meanwhile. Look at it again, and make the change once more."""


def text_of(console: Console, account: Account, name: str) -> str | None:
    """Write a list as its CSV, as far as the account may know it; None where it is too long."""
    entries = _known_entries(console, account, _list(console, account, name))
    return None if len(entries) > EDITED else written(entries, console.site.site.zone)


def plan(console: Console, account: Account, name: str, text: str) -> Plan:
    """Read a new version and compare it with what holds; nothing changes.

    Entries that the account may not know of stay as they are. Raises ListError with the problems of
    all rows, NothingHereError where the account may not know the list.
    """
    known = _list(console, account, name)
    site = console.site
    days = site.life_days(name)
    today = console.now().astimezone(site.site.zone).date()
    rows = parse_list(text, name, site.site.zone, None if days is None else Life(days, today))
    clearance = console.clearance(account)
    if not clearance.covers_discreet(name):
        if any(block.terms.action is Action.DISCREET for block in rows.blocks):
            raise AccessDeniedError("your roles add no discreet entries to this list")
        hidden = [one for one in known.entries.blocks if one.terms.action is Action.DISCREET]
        blocks = sorted((*rows.blocks, *hidden), key=lambda one: one.terms.to_json())
        rows = Rows(name, tuple(blocks), rows.undated)
    return Plan(known, rows, diff(known, rows), text)


def publish(console: Console, account: Account, wanted: Plan, *, second: str | None = None) -> None:
    """Make a plan the newest version of its list. `second`: who proposed it, where two decide."""
    known, changes, since = wanted.known, wanted.changes, console.now()
    query = {
        "list": known.name, "version": known.version + 1, "checksum": wanted.rows.checksum,
        "added": len(changes.added), "changed": len(changes.changed),
        "renewed": len(changes.renewed), "removed": len(changes.removed),
        "holds_from": rfc3339(since), "proposed_by": second,
    }  # fmt: skip
    record_audit(console.engine, account, "list_import", since, query=query)
    console.publish(successor(known, wanted.rows, changes, since))


def put_forward(console: Console, account: Account, wanted: Plan) -> int:
    """Keep a plan until a second person has decided; return its number."""
    now, known = console.now(), wanted.known
    query = {"list": known.name, "over": known.version, "entries": wanted.count}
    record_audit(console.engine, account, "list_propose", now, query=query)
    with writing(console.engine) as connection:
        return propose(connection, known.name, known.version, wanted.text, account, now)


def proposals_for(console: Console, account: Account) -> list[Proposal]:
    """Give the proposals that wait, of the lists that the account may know."""
    with console.engine.connect() as connection:
        found = open_proposals(connection)
    return [one for one in found if console.clearance(account).covers(one.list)]


def proposal_of(console: Console, account: Account, number: int) -> Proposal:
    """Give one proposal that waits. Raises NothingHereError."""
    for one in proposals_for(console, account):
        if one.id == number:
            return one
    raise NothingHereError


def settle(console: Console, account: Account, number: int, *, accept: bool) -> None:
    """Accept or refuse somebody else's proposal, or take back one's own.

    Raises NothingHereError, StaleListError where the list has changed since, AccessDeniedError
    where somebody would accept what they proposed.
    """
    one = proposal_of(console, account, number)
    if accept and one.account == account.name:
        raise AccessDeniedError("a second person accepts a proposal, not the one who made it")
    wanted = plan(console, account, one.list, one.text) if accept else None
    if wanted is not None and wanted.known.version != one.over:
        raise StaleListError
    now = console.now()
    with writing(console.engine) as connection:
        if one.account == account.name:
            done = withdraw(connection, number, account, now)
        else:
            done = decide(connection, number, account, now, accept=accept)
    if not done:
        raise NothingHereError
    if wanted is not None:
        publish(console, account, wanted, second=one.account)
        return
    query = {"list": one.list, "proposal": number}
    record_audit(console.engine, account, "list_refuse", now, query=query)


def _list(console: Console, account: Account, name: str) -> PlateList:
    if not console.clearance(account).covers(name):
        raise NothingHereError
    return console.lists().latest(name)


def _known_entries(console: Console, account: Account, known: PlateList) -> Rows:
    if console.clearance(account).covers_discreet(known.name):
        return known.entries
    return known.entries.without(Action.DISCREET)


__all__ = ["ListError", "Plan", "plan", "publish", "put_forward", "settle", "text_of"]
