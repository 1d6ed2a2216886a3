"""Check a package offline: what was tampered with, who signed it, and whether that is believed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from anpr.time import Moment, rfc3339
from sinks.evidence.algorithms import ALGORITHMS, data_of, is_signed, key_id, text
from sinks.evidence.container import DamagedPackageError, unpack
from sinks.evidence.keys import TrustedKey, TrustList
from sinks.evidence.package import (
    MANIFEST,
    SIGNATURE,
    SIGNED_TIME,
    TIMESTAMP,
    digest,
    written,
)
from sinks.evidence.timestamps import is_by, told_time

UNBOUND = frozenset({MANIFEST, SIGNATURE, TIMESTAMP})
"""What the manifest cannot name: itself and what is made of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to: what is wrong (nothing: it holds), and what else is to be known."""

    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    case: str | None = None
    signed_by: str | None = None
    made_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(slots=True)
class _Check:
    files: Mapping[str, bytes]
    trust: TrustList | None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(packed: bytes, trust: TrustList | None = None) -> Finding:
    """Check a package; without a trust list it is not known whether its key is to be believed."""
    try:
        check = _Check(unpack(packed), trust)
    except DamagedPackageError as error:
        return Finding((str(error),))
    manifest = _manifest(check)
    if manifest is None:
        return Finding(tuple(check.problems))
    check.problems += _changed_files(check.files, manifest)
    signature = _signature(check, manifest)
    made_at = _moment(manifest.get("made_at"))
    if made_at is None:
        check.problems.append(f"{MANIFEST} does not say when it was made")
    elif signature is not None:
        borne_out = _trusted_time(check, manifest, signature)
        _judge_key(check, signature, made_at, borne_out)
    return Finding(
        problems=tuple(check.problems),
        notes=tuple(check.notes),
        case=str(manifest.get("case")),
        signed_by=signature["key_id"] if signature else None,
        made_at=made_at,
    )


def _manifest(check: _Check) -> Mapping[str, Any] | None:
    manifest = _object(check.files.get(MANIFEST))
    if manifest is None or not isinstance(manifest.get("files"), dict):
        check.problems.append(f"{MANIFEST} is missing, or not what we write")
        return None
    if manifest.get("format") != 1:
        check.problems.append(f"{MANIFEST} is of a format that this program does not know")
        return None
    return manifest


def _changed_files(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[str]:
    named = manifest["files"]
    for name in sorted(named.keys() - files.keys()):
        yield f"{name} was taken out"
    for name in sorted(files.keys() - named.keys() - UNBOUND):
        yield f"{name} was added"
    for name in sorted(named.keys() & files.keys()):
        if digest(files[name]) != named[name]:
            yield f"{name} was changed"


def _signature(check: _Check, manifest: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Check who signed the manifest; give the signature where it is of its form."""
    told = _texts(check.files.get(SIGNATURE), "algorithm", "key_id", "public_key", "signature")
    if told is None:
        check.problems.append(f"{SIGNATURE} is missing, or was changed")
        return None
    if told["algorithm"] not in ALGORITHMS:
        check.problems.append(f"it is signed by {told['algorithm']!r}, which is not known here")
        return None
    public, signature = data_of(told["public_key"]), data_of(told["signature"])
    if key_id(public) != told["key_id"] or manifest.get("key_id") != told["key_id"]:
        check.problems.append(f"{SIGNATURE} names another key than the one it holds")
    if not is_signed(told["algorithm"], public, signature, check.files[MANIFEST]):
        check.problems.append(f"{MANIFEST} or {SIGNATURE} was changed: the signature does not fit")
    return told


def _trusted_time(
    check: _Check, manifest: Mapping[str, Any], signature: Mapping[str, str]
) -> datetime | None:
    """Check what bears out the time of the signature; give it where it is to be believed."""
    is_told = manifest.get("trusted_time") is True
    if is_told is not (TIMESTAMP in check.files):
        check.problems.append(f"{TIMESTAMP} was {'taken out' if is_told else 'added'}")
        return None
    if not is_told:
        return None
    told = _texts(check.files[TIMESTAMP], "response", "signature")
    if told is None:
        check.problems.append(f"{TIMESTAMP} was changed")
        return None
    response, signed = data_of(told["response"]), data_of(signature["signature"])
    ours = data_of(told["signature"]), SIGNED_TIME + response
    at = told_time(response, signed)
    if at is None or not is_signed(signature["algorithm"], data_of(signature["public_key"]), *ours):
        check.problems.append(f"{TIMESTAMP} was changed, or is of another package")
        return None
    authorities = check.trust.time_authorities if check.trust else ()
    if is_by(response, signed, authorities):
        check.notes.append(f"a time authority bears out that it was signed by {rfc3339(at)}")
        return at
    check.notes.append(f"its trusted time, {rfc3339(at)}, is by no authority of the trust list")
    return None


def _judge_key(
    check: _Check, signature: Mapping[str, str], made_at: datetime, borne_out: datetime | None
) -> None:
    """Say whether the key that signed is to be believed: the very key, not one of the same id."""
    id_ = signature["key_id"]
    if check.trust is None:
        check.notes.append(f"whether key {id_} is to be believed is not known: give --keys")
        return
    key = check.trust.key(id_)
    if key is None or key.public_key != signature["public_key"]:
        check.problems.append(f"key {id_} is not in the trust list: somebody else signed it")
        return
    wrong = [*_retired(key, borne_out or made_at), *_revoked(key, made_at, borne_out)]
    check.problems += wrong
    if wrong:
        return
    if key.revoked_at is not None:
        told = f"has been revoked since ({key.revoked_for}); this package is older, and stays good"
        check.notes.append(f"key {id_} {told}")
    elif key.retired_at is not None:
        check.notes.append(f"key {id_} has been rotated since; what it signed stays good")


def _retired(key: TrustedKey, signed_at: datetime) -> Iterator[str]:
    if key.retired_at is not None and signed_at > key.retired_at:
        yield f"it was signed after key {key.id} was retired on {rfc3339(key.retired_at)}"


def _revoked(key: TrustedKey, made_at: datetime, borne_out: datetime | None) -> Iterator[str]:
    if key.revoked_at is None:
        return
    revoked = rfc3339(key.revoked_at)
    if (borne_out or made_at) >= key.revoked_at:
        yield f"it was signed after key {key.id} was revoked ({key.revoked_for}) on {revoked}"
    elif key.revoked_for == "compromised" and borne_out is None:
        yield (
            f"key {key.id} was compromised ({revoked}), and no trusted time bears out that the "
            "package is older"
        )


def _object(content: bytes | None) -> Mapping[str, Any] | None:
    """Read a JSON object in the one form that we write; None where it is not."""
    try:
        value = json.loads(content or b"")
    except ValueError:
        return None
    return value if isinstance(value, dict) and written(value) == content else None


def _texts(content: bytes | None, *names: str) -> Mapping[str, str] | None:
    """Read an object of just these texts, base64 but for names and ids, in its one form."""
    value = _object(content)
    if value is None or value.keys() != set(names):
        return None
    if not all(isinstance(one, str) for one in value.values()):
        return None
    try:
        coded = {name: value[name] for name in names if name not in ("algorithm", "key_id")}
        is_plain = all(text(data_of(one)) == one for one in coded.values())
    except ValueError:
        return None
    return value if is_plain else None


def _moment(told: object) -> datetime | None:
    try:
        moment: datetime = TypeAdapter(Moment).validate_python(told)
    except ValidationError:
        return None
    return moment
