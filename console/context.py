"""What the console needs from the rest of the program, handed to it once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from anpr.list_parts import ListPart
from anpr.lists import Lists
from anpr.ports import ImageStore
from anpr.sites import Site
from console.background import Exports
from console.lawful import Terms
from console.oidc import Elsewhere
from sinks.evidence.packing import Packer
from sinks.store.clearance import Clearance
from sinks.store.people import Account
from sinks.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Console:
    """The console's surroundings.

    `ready` names each thing that a working zone needs, with "ok" or what is wrong with it.
    `publish` appends a version of a list. `secure_cookies`: people reach the console over HTTPS.
    `is_stopping`: the server wants to end, so streams must close. `elsewhere`: where people may
    sign in too. `packer` makes evidence packages, which lie in `packages`; `exports` runs it.
    """

    engine: Engine
    images: ImageStore
    site: Site
    lists: Callable[[], Lists]
    now: Callable[[], datetime]
    ready: Callable[[], Mapping[str, str]]
    publish: Callable[[Sequence[ListPart]], None]
    vault: Vault
    secure_cookies: bool
    is_stopping: Callable[[], bool] = lambda: False
    elsewhere: Elsewhere | None = None
    packer: Packer | None = None
    packages: Path | None = None
    exports: Exports = field(default_factory=Exports)

    def clearance(self, account: Account) -> Clearance:
        """Tell what an account may know of lists and their hits."""
        return Clearance(account.roles, self.site.lists)

    @property
    def terms(self) -> Terms:
        """What the law's gate goes by here."""
        return Terms(
            retention=timedelta(days=self.site.retention.passages_days),
            first_month=timedelta(days=self.site.inquiry.first_month_days),
        )


def _console(request: Request) -> Console:
    console = request.app.state.console
    if not isinstance(console, Console):
        raise TypeError("the app has no console; build it with mount_console")
    return console


Here = Annotated[Console, Depends(_console)]
"""The console that a request came to."""
