"""How a zone packs its cases: by its site file, with the keys of its data folder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import structlog

from anpr.errors import EvidenceError
from anpr.sites import EvidenceSettings
from sinks.evidence.algorithms import Signer
from sinks.evidence.facts import Facts
from sinks.evidence.keys import KeyRing, read_signer
from sinks.evidence.package import Pictures, Terms, write_package, write_withdrawal
from sinks.evidence.pkcs11 import Pkcs11Signer
from sinks.evidence.sealing import Recipient
from sinks.evidence.timestamps import TimeAuthority

log = structlog.get_logger()


class Packer:
    """Writes packages; `secret` resolves references. The key is looked up once, at the first."""

    def __init__(
        self, keys: Path, settings: EvidenceSettings, secret: Callable[[str], str]
    ) -> None:
        self._ring = KeyRing(keys)
        self._settings = settings
        self._secret = secret

    def write(
        self,
        facts: Facts,
        images: Pictures,
        out: Path,
        now: datetime,
        *,
        allow_missing: bool = False,
    ) -> Path:
        """Write the package of a case into a folder. Raises EvidenceError, SigningKeyError."""
        terms = replace(self._terms, allow_missing=allow_missing)
        return write_package(facts, images, self._signer, out, now, terms)

    def prepare(self) -> None:
        """Look the key up now. Raises SigningKeyError, EvidenceError."""
        _ = self._signer, self._terms

    def withdraw(self, case: str, revision: int, reason: str, out: Path, now: datetime) -> Path:
        """Write the withdrawal of a case into a folder. Raises SigningKeyError.

        It bears trusted time where an authority answers, and does not wait for one: whoever is
        accused is not to wait either.
        """
        told = case, revision, reason, self._signer, out, now
        try:
            return write_withdrawal(*told, self._terms.trusted_time)
        except EvidenceError as error:
            log.warning("withdrawal_without_trusted_time", case=case, error=str(error))
            return write_withdrawal(*told)

    @cached_property
    def _signer(self) -> Signer:
        outside = outside_signer(self._settings, self._secret)
        return self._ring.signer() if outside is None else self._ring.may_sign(outside)

    @cached_property
    def _terms(self) -> Terms:
        settings = self._settings
        holder = Recipient(settings.holder) if settings.holder else self._ring.holder
        authority = settings.time_authority
        return Terms(
            holder=holder,
            trusted_time=TimeAuthority(authority) if authority else None,
            language=settings.language,
        )


def outside_signer(settings: EvidenceSettings, secret: Callable[[str], str]) -> Signer | None:
    """Give the signer that the site file names; None where it leaves it to the data folder.

    Raises SecretError, SigningKeyError.
    """
    reference, pin = settings.key, settings.pin
    if reference is None:
        return None
    if reference.startswith("pkcs11:"):
        return Pkcs11Signer(reference, (lambda: secret(pin)) if pin else None)
    return read_signer(secret(reference))
