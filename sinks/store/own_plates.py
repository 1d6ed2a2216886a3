"""The plates of the vehicles of whoever works here, sealed: the self-audit alone opens them."""

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select, update

from anpr.errors import UnknownAccountError
from anpr.plates import normalise
from sinks.store.people import Account, accounts, refuse_self
from sinks.store.vault import Vault


def read_plates(text: str) -> tuple[str, ...]:
    """Take plates out of a text that separates them by commas or lines, each once."""
    written = map(normalise, text.replace(",", "\n").splitlines())
    return tuple(dict.fromkeys(plate for plate in written if plate))


def set_own_plates(
    connection: Connection, vault: Vault, by: Account, name: str, plates: Collection[str]
) -> None:
    """Say which plates are an account's own, instead of those of before; none: forget them.

    Nobody says it of themself. Raises AccessDeniedError, UnknownAccountError.
    """
    refuse_self(by, name)
    sealed = vault.seal(json.dumps(sorted(plates))) if plates else None
    known = update(accounts).where(accounts.c.name == name)
    if not connection.execute(known.values(own_plates=sealed)).rowcount:
        raise UnknownAccountError(f"no account {name!r}; `anpr user list` names them")


def own_plates(connection: Connection, vault: Vault) -> Mapping[str, frozenset[str]]:
    """Give the plates of every account that has some, disabled ones too. Raises StoreError."""
    sealed = select(accounts.c.name, accounts.c.own_plates).where(
        accounts.c.own_plates.is_not(None)
    )
    return {
        row.name: frozenset(json.loads(vault.open(row.own_plates)))
        for row in connection.execute(sealed.order_by(accounts.c.name))
    }
