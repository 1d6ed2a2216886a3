"""A small zone with traffic in its store, and an app with the console on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from fastapi import FastAPI
from sqlalchemy import Engine

from anpr.events import (
    Access,
    CameraState,
    Hit,
    LockTransit,
    Passage,
    RuleEvent,
    SectionTransit,
)
from anpr.ids import computed
from anpr.list_parts import ListPart
from anpr.lists import Entry, Lists, PlateList
from anpr.sites import Site
from console.app import mount_console
from console.context import Console
from console.oidc import Elsewhere
from sinks.alerts.book import Book
from sinks.alerts.ledger import numbers, read_book, write_book
from sinks.alerts.words import RECALLED
from sinks.cases.candidates import CaseEvent
from sinks.cases.deciding import Desk, Seen
from sinks.evidence.keys import KeyRing
from sinks.evidence.packing import Packer
from sinks.store.engine import writing
from sinks.store.people import Account, add_account, issue_token
from sinks.store.rights import Role
from sinks.store.vault import Vault
from sinks.store.writer import StoreWriter

NOW = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"  # noqa: S105 nobody's
RULE = {"id": "rule", "version": "1"}

SITE: Site = Site.model_validate(
    {
        "site": {"name": "Politiezone Rupel", "timezone": "Europe/Brussels", "country": "BE"},
        "cameras": [
            {"id": "noord", "name": "N177 Noord", "lat": 51.09, "lon": 4.37, "direction": "in"},
            {"id": "zuid", "name": "N177 Zuid", "lat": 51.08, "lon": 4.37, "direction": "out"},
        ],
        "sections": [
            {"id": "n177", "entry": ["noord"], "exit": ["zuid"], "length_m": 1240, "limit_kmh": 70}
        ],
        "lines": [{"id": "steenweg", "cameras": ["noord", "zuid"]}],
        "locks": [
            {
                "id": "relst",
                "entries": ["noord"],
                "exits": ["zuid"],
                "through_within_s": 900,
                "review_max_per_day": 2,
            }
        ],
    }
)


def stolen() -> Lists:
    return Lists([PlateList("gestolen", 3, None, [Entry(id="1", plate_pattern="1STL666")])])


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def pass_(self, time: timedelta) -> None:
        self._now += time


class HeldImages:
    """Images in memory."""

    def __init__(self) -> None:
        self._images: dict[str, bytes] = {}

    def put(self, image: bytes) -> str:
        reference = f"sha256:{sha256(image).hexdigest()}"
        self._images[reference] = image
        return reference

    def get(self, reference: str) -> bytes | None:
        return self._images.get(reference)


@dataclass
class Zone:
    """A store with an app on it."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    images: HeldImages = field(default_factory=HeldImages)
    lists: Lists = field(default_factory=stolen)
    vault: Vault = field(default_factory=lambda: Vault(Fernet.generate_key()))
    site: Site = SITE
    checks: dict[str, str] = field(default_factory=lambda: {"store": "ok"})
    is_stopping: bool = False
    elsewhere: Elsewhere | None = None
    packer: Packer | None = None
    packages: Path | None = None
    _accounts: int = 0

    def stop(self) -> None:
        """Let streams end."""
        self.is_stopping = True

    def packs_in(self, folder: Path) -> None:
        """Give the zone keys, and a place for its packages."""
        KeyRing(folder / "keys").create(self.clock())
        self.packer = Packer(folder / "keys", self.site.evidence, str)
        self.packages = folder / "packages"

    def app(self, *, secure: bool = False) -> FastAPI:
        app = FastAPI()
        console = Console(
            engine=self.engine,
            images=self.images,
            site=self.site,
            lists=lambda: self.lists,
            now=self.clock,
            ready=lambda: self.checks,
            publish=self.publish,
            vault=self.vault,
            secure_cookies=secure,
            is_stopping=lambda: self.is_stopping,
            elsewhere=self.elsewhere,
            packer=self.packer,
            packages=self.packages,
        )
        mount_console(app, console)
        return app

    def publish(self, parts: Sequence[ListPart]) -> None:
        """Take a version of a list, as the log would bring it."""
        for part in parts:
            self.lists.take(part)

    def account(self, name: str, *roles: Role, password: str | None = None) -> str:
        """Add an account and return a token of it."""
        with writing(self.engine) as connection:
            add_account(connection, name, roles, password, self.clock())
            return issue_token(connection, name, self.clock())

    def token(self, *roles: Role) -> str:
        """Add an account of a new name and return a token of it."""
        self._accounts += 1
        return self.account(f"account-{self._accounts}", *roles)

    def store(
        self, passages: Iterable[Passage] = (), events: Iterable[RuleEvent | CameraState] = ()
    ) -> None:
        StoreWriter(self.engine, self.clock).write(list(passages), list(events))

    def review(self, event: CaseEvent) -> None:
        """Let an officer read the plate of a case on its pictures."""
        officer = Account("reader", frozenset({Role.TRAFFIC_OFFICER}))
        desk = Desk(self.engine, self.site, self.images, self.clock)
        desk.review(officer, event.id, Seen(0), event.plate)

    def raise_alert(
        self,
        event: RuleEvent | CameraState,
        *,
        words: Sequence[str] = (),
        dispatch_only: bool = False,
    ) -> int:
        """Raise an alert, whatever the routes and the time would say."""
        book = Book()
        with writing(self.engine) as connection:
            book.take_numbers(numbers(connection, 1))
            alert = book.open(event, words, self.clock(), dispatch_only=dispatch_only)
            write_book(connection, book)
        return alert.id

    def recall(self, event: RuleEvent | CameraState) -> None:
        """Recall the alert of an event."""
        with writing(self.engine) as connection:
            book = read_book(connection, [event], self.clock(), timedelta(0), {})
            book.change(event, "recalled", (RECALLED,))
            write_book(connection, book)


def passage(name: str, plate: str | None = "1ABC123", **changes: Any) -> Passage:
    at = changes.pop("at", NOW - timedelta(minutes=5))
    default: dict[str, Any] = {
        "id": computed("passage", name),
        "revision": 1,
        "camera": "noord",
        "at": at,
        "first_at": at,
        "last_at": at + timedelta(seconds=1),
        "received_at": at,
        "plate": plate,
        "country": "BE" if plate else None,
        "confidence": 0.97 if plate else None,
        "characters": [0.97] * len(plate or ""),
        "reads": [f"read-{name}"],
        "vehicle": {"class": "car", "confidence": 0.9},
    }
    return Passage.model_validate({**default, **changes})


def hit(cause: Passage, **changes: Any) -> Hit:
    default: dict[str, Any] = {
        **_event("hit", cause),
        "list": "gestolen",
        "list_version": 3,
        "entry": "1",
        "entry_plate": cause.plate,
        "plate": cause.plate,
        "camera": cause.camera,
        "match": "exact",
        "likelihood": 1.0,
        "priority": 90,
        "reason_code": "gestolen",
        "action": "stop",
    }
    return Hit.model_validate({**default, **changes})


def transit(entry: Passage, exit_: Passage, **changes: Any) -> SectionTransit:
    default: dict[str, Any] = {
        **_event("section_transit", entry, exit_),
        "section": "n177",
        "plate": exit_.plate,
        "duration_s": 48.3,
        "measured_kmh": 92.4,
        "lower_kmh": 92.1,
        "corrected_kmh": 86,
        "limit_kmh": 70,
        "verdict": "violation",
        "reason": "above_limit",
        "case_class": "immediate_collection",
    }
    return SectionTransit.model_validate({**default, **changes})


def lock_transit(entry: Passage, exit_: Passage, **changes: Any) -> LockTransit:
    default: dict[str, Any] = {
        **_event("lock_transit", entry, exit_),
        "lock": "relst",
        "entry_camera": entry.camera,
        "exit_camera": exit_.camera,
        "plate": exit_.plate,
        "duration_s": 412.0,
        "verdict": "through",
        "reason": "within_time",
    }
    return LockTransit.model_validate({**default, **changes})


def access(cause: Passage, **changes: Any) -> Access:
    default: dict[str, Any] = {
        **_event("access", cause),
        "zone": "centrum",
        "gate": cause.camera,
        "plate": cause.plate,
        "decision": "deny",
        "reason": "no_permit",
    }
    return Access.model_validate({**default, **changes})


def camera_state(camera: str, state: str, at: datetime, reason: str = "") -> CameraState:
    return CameraState.model_validate(
        {
            "id": computed("camera_state", camera, at.isoformat()),
            "revision": 1,
            "at": at,
            "rule": RULE,
            "camera": camera,
            "state": state,
            "since": at,
            "reason": reason,
        }
    )


def _event(kind: str, *causes: Passage) -> dict[str, Any]:
    ids = [cause.id for cause in causes]
    return {
        "id": computed(kind, ids),
        "revision": sum(cause.revision for cause in causes),
        "at": causes[-1].at,
        "rule": RULE,
        "passages": ids,
    }
