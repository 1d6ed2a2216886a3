"""Encrypt for one reader, as age files: whoever holds the identity opens them with `age -d`."""

from pathlib import Path

import pyrage

from anpr.errors import EvidenceError


class Recipient:
    """Whom something is sealed for: the public half, `age1…`."""

    def __init__(self, public: str) -> None:
        self.name = public
        try:
            self._key = pyrage.x25519.Recipient.from_str(public)
        except pyrage.RecipientError as error:
            msg = f"{public!r} is no age recipient; it reads age1 and 58 characters"
            raise EvidenceError(msg) from error

    def seal(self, plain: bytes) -> bytes:
        """Encrypt. The same bytes are never sealed the same way twice."""
        return pyrage.encrypt(plain, [self._key])


def unseal(sealed: bytes, identity: str) -> bytes:
    """Decrypt with the text of an identity file. Raises EvidenceError."""
    secret = "".join(line for line in identity.split() if line.startswith("AGE-SECRET-KEY-"))
    try:
        return pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)])
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise EvidenceError("it was not sealed for this identity, or it was changed") from error


def new_identity(path: Path) -> Recipient:
    """Make an identity in a file; give whom to seal for."""
    identity = pyrage.x25519.Identity.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(f"# {identity.to_public()}\n{identity}\n", "ascii")
    return Recipient(str(identity.to_public()))
