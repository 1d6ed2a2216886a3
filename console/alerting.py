"""What people set about alerts, each act with its record in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.time import rfc3339
from console.context import Console
from console.problems import NothingHereError
from sinks.alerts import demotion, networks, precision
from sinks.alerts.demotion import Demotion
from sinks.alerts.ledger import alerted_plates
from sinks.alerts.muting import Silence, end_silence, set_silence, silences_at
from sinks.alerts.networks import Message
from sinks.alerts.outbox import Sending, sendings
from sinks.alerts.precision import Precision
from sinks.store.audit import append_audit, record_audit
from sinks.store.engine import writing
from sinks.store.people import Account

MESSAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Judgement:
    """How often hits were right, and which lists are demoted."""

    lists: Mapping[str, Precision]
    cameras: Mapping[str, Precision]
    demoted: Mapping[str, Demotion]


def silences_of(console: Console) -> list[Silence]:
    """Give the silences that hold, the newest first."""
    with console.engine.connect() as connection:
        return silences_at(connection, console.now())


def silence(console: Console, account: Account, wanted: Silence) -> int:
    """Set a silence, and record it; give its number. Raises UnusableInputError."""
    now = console.now()
    query = {
        "kind": wanted.kind, "list": wanted.list, "camera": wanted.camera,
        "subject": wanted.subject, "priority_max": wanted.priority_max,
        "until": rfc3339(wanted.until), "reason": wanted.reason,
    }  # fmt: skip
    with writing(console.engine) as connection:
        number = set_silence(connection, wanted, account, now)
        append_audit(
            connection, account.name, account.role_text, "silence", now,
            query={**query, "silence": number}, results=1,
        )  # fmt: skip
    return number


def unsilence(console: Console, account: Account, number: int) -> None:
    """End a silence, and record it. Raises NothingHereError."""
    now = console.now()
    with writing(console.engine) as connection:
        if not end_silence(connection, number, account, now):
            raise NothingHereError
        append_audit(
            connection, account.name, account.role_text, "silence_end", now,
            query={"silence": number}, results=1,
        )  # fmt: skip


def judgement_of(console: Console, account: Account) -> Judgement:
    """Tell how often hits were right: of the lists that an account may know."""
    clearance = console.clearance(account)
    with console.engine.connect() as connection:
        said = precision.judged_since(connection, console.now() - precision.LOOKED_AT)
        fallen = demotion.demoted(connection)
    seen = [one for one in said if clearance.covers_event(one.hit)]
    return Judgement(
        precision.by_list(seen),
        precision.by_camera(seen),
        {name: one for name, one in fallen.items() if clearance.covers(name)},
    )


def demoted_lists(console: Console, account: Account) -> list[Demotion]:
    """Give the lists that are demoted, of those that an account may know."""
    clearance = console.clearance(account)
    with console.engine.connect() as connection:
        fallen = demotion.demoted(connection)
    return [one for name, one in fallen.items() if clearance.covers(name)]


def take_up_again(console: Console, account: Account, list_: str, why: str) -> None:
    """Take a demoted list up again, and record it. Raises NothingHereError, UnusableInputError."""
    now = console.now()
    with writing(console.engine) as connection:
        is_known = console.clearance(account).covers(list_)
        if not is_known or not demotion.restore(connection, list_, account, why, now):
            raise NothingHereError
        append_audit(
            connection, account.name, account.role_text, "list_restored", now,
            query={"list": list_, "why": why}, results=1,
        )  # fmt: skip


def deliveries_of(console: Console, alert: int) -> list[Sending]:
    """Give what was sent of an alert, oldest first."""
    with console.engine.connect() as connection:
        return sendings(connection, alert)


def messages_of(console: Console) -> list[Message]:
    """Give the messages to networks, newest first."""
    with console.engine.connect() as connection:
        return networks.messages(connection, MESSAGE_ROWS)


def write_message(console: Console, account: Account, network: str, text: str) -> int:
    """Put a message before a second person, and record it. Raises UnusableInputError."""
    now = console.now()
    with writing(console.engine) as connection:
        known = _wanted(console, now)
        number = networks.write(connection, console.site, network, text, account, now, known)
        append_audit(
            connection, account.name, account.role_text, "network_write", now,
            query={"network": network, "message": number}, results=1,
        )  # fmt: skip
    return number


def decide_message(console: Console, account: Account, number: int, *, send: bool) -> None:
    """Send or refuse what somebody else wrote, and record it.

    Raises NothingHereError and UnusableInputError.
    """
    now = console.now()
    with writing(console.engine) as connection:
        known = _wanted(console, now)
        if not networks.decide(
            connection, console.site, number, account, now, send=send, known=known
        ):
            raise NothingHereError
        append_audit(
            connection, account.name, account.role_text,
            "network_send" if send else "network_refuse", now,
            query={"message": number}, results=1,
        )  # fmt: skip


def _wanted(console: Console, now: datetime) -> set[str]:
    """Give the plates of the last month's alerts: no message may name one in any spelling."""
    with console.engine.connect() as connection:
        return alerted_plates(connection, now - timedelta(days=30))


def audit_alert(console: Console, account: Account, alert: int, event: str) -> None:
    """Record that somebody opened one alert."""
    query = {"alert": alert, "event": event}
    record_audit(console.engine, account, "alert", console.now(), query=query, results=1)
