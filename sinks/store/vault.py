"""Sealing what must be read again: second factors, and the plates that people searched for."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from anpr.errors import StoreError


class Vault:
    """Seals texts with a key that does not lie in the store: who has only its rows reads nothing.

    `keys` are Fernet keys, the newest first: it seals, all of them open.
    """

    def __init__(self, *keys: bytes) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            msg = "the key of the vault is none; put back the one that the zone made"
            raise StoreError(msg) from error

    def seal(self, text: str) -> str:
        """Seal a text."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Read a sealed text. Raises StoreError."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            msg = "this was sealed with another key; put back the vault's key of then"
            raise StoreError(msg) from error


def open_vault(path: Path) -> Vault:
    """Open the vault whose keys a file holds, one a line; make the file where there is none.

    Every process that serves the console needs the same file. Raises StoreError.
    """
    keys = key_file(path, Fernet.generate_key).split()
    if not keys:
        raise StoreError(f"{path} holds no key; put back the one that the zone made")
    return Vault(*keys)


def key_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """Give what a file of keys holds; where there is none, a key is made, for its owner alone.

    It is written whole or not at all; where another process was first, its key stands.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with NamedTemporaryFile(dir=path.parent) as file:
            file.write(make() + b"\n")
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_bytes().strip()
