"""The evidence package of a case: everything it rests on in one ZIP, of which every byte is bound.

`manifest.json` names every file with its SHA-256; `signature.json` signs the manifest;
`timestamp.json`, where trusted time is configured, bears out when that was, and is signed too. The
container has one form (`container`). See docs/evidence.md.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from anpr.errors import EvidenceError, StoreError
from anpr.time import rfc3339
from sinks.evidence.algorithms import Signer, key_id, text
from sinks.evidence.container import pack
from sinks.evidence.facts import SOFTWARE, Facts, PassageFacts
from sinks.evidence.report.batch import csv_of, row_of
from sinks.evidence.report.document import picture_name, report
from sinks.evidence.sealing import Recipient

Language = Literal["nl", "fr", "en"]

TrustedTime = Callable[[bytes], bytes]
"""Gives a time authority's answer for bytes. Raises EvidenceError."""

MANIFEST, SIGNATURE, TIMESTAMP = "manifest.json", "signature.json", "timestamp.json"
SIGNED_TIME = b"zone-anpr timestamp\n"
"""Stands before a time authority's response where we sign it: no manifest begins so."""


class Pictures(Protocol):
    """Where pictures are kept by their references."""

    def get(self, reference: str) -> bytes | None:
        """Give the bytes of a reference, or None when they were erased."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How packages are made, beside by whom they are signed.

    `holder`: whom the original pictures are sealed for; None: they are named by their hash alone.
    `allow_missing`: a package may be made although a picture is missing, and says so. `language` is
    the report's.
    """

    holder: Recipient | None = None
    trusted_time: TrustedTime | None = None
    allow_missing: bool = False
    language: Language = "nl"


PLAIN = Terms()


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures of a case: the copies that are shown, the originals, and what is missing."""

    copies: Mapping[str, bytes]
    originals: Mapping[str, bytes]
    missing: Sequence[str]


def write_package(
    facts: Facts, images: Pictures, signer: Signer, out: Path, now: datetime, terms: Terms = PLAIN
) -> Path:
    """Write the package of a case into a folder; give its path.

    The same facts, pictures, signer and moment give the same bytes, but for what is sealed. A file
    that is there is replaced whole. Raises EvidenceError, SigningKeyError.
    """
    packed = package(facts, images, signer, now, terms)
    return write_whole(out / name_of(facts), packed)


def write_whole(path: Path, packed: bytes) -> Path:
    """Write a file so that a reader sees the whole or none."""
    with writing_whole(path) as file:
        file.write(packed)
    return path


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written beside, synced, then renamed: a reader sees the whole or none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    with beside.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def name_of(facts: Facts) -> str:
    """Name the file of a case: by its event and revision, never by its plate."""
    return f"case-{facts.event.id}-r{facts.event.revision}.zip"


def package(
    facts: Facts, images: Pictures, signer: Signer, now: datetime, terms: Terms = PLAIN
) -> bytes:
    """Make the package of a case. Raises EvidenceError, SigningKeyError."""
    shown = show(facts, images)
    if shown.missing and not terms.allow_missing:
        msg = (
            f"missing: {', '.join(shown.missing)}; restore it, or reject the case as image missing"
        )
        raise EvidenceError(msg)
    files = _files(facts, shown, terms.language)
    sealed = {}
    if terms.holder is not None:
        sealed = {
            f"originals/{name}.age": terms.holder.seal(original)
            for name, original in shown.originals.items()
        }
    more = {
        "originals": {
            name: {
                "sha256": digest(content),
                "sealed_for": terms.holder.name if terms.holder else None,
            }
            for name, content in shown.originals.items()
        },
        "missing": list(shown.missing),
    }
    about = {"case": facts.event.id, "revision": facts.event.revision, **more}
    return _bound("evidence package", about, files | sealed, signer, now, terms.trusted_time)


def write_withdrawal(
    case: str,
    revision: int,
    reason: str,
    signer: Signer,
    out: Path,
    now: datetime,
    trusted_time: TrustedTime | None = None,
) -> Path:
    """Write that a case which was handed over does not stand any more; give the file's path.

    It is a package of its own, signed and checked like any other, and names no plate.
    """
    about = {"case": case, "revision": revision}
    told = written({**about, "reason": reason, "withdrawn_at": rfc3339(now)})
    packed = _bound("withdrawal", about, {"withdrawal.json": told}, signer, now, trusted_time)
    return write_whole(out / f"withdrawal-{case}-r{revision}.zip", packed)


def _bound(
    kind: str,
    about: Mapping[str, object],
    files: Mapping[str, bytes],
    signer: Signer,
    now: datetime,
    trusted_time: TrustedTime | None,
) -> bytes:
    """Pack files with the manifest that names them all, and with what signs it."""
    manifest = written(
        {
            **about,
            "format": 1,
            "kind": f"zone-anpr {kind}",
            "made_at": rfc3339(now),
            "software": SOFTWARE,
            "key_id": key_id(signer.public_key),
            "trusted_time": trusted_time is not None,
            "files": {name: digest(content) for name, content in files.items()},
        }
    )
    return pack({**files, MANIFEST: manifest, **signed(manifest, signer, trusted_time)})


def signed(
    manifest: bytes, signer: Signer, trusted_time: TrustedTime | None
) -> Mapping[str, bytes]:
    """Sign a manifest; bear the signature's time out where an authority is at hand."""
    signature = signer.sign(manifest)
    files = {
        SIGNATURE: written(
            {
                "algorithm": signer.algorithm,
                "key_id": key_id(signer.public_key),
                "public_key": text(signer.public_key),
                "signature": text(signature),
            }
        )
    }
    if trusted_time is not None:
        response = trusted_time(signature)
        told = {"response": text(response), "signature": text(signer.sign(SIGNED_TIME + response))}
        files[TIMESTAMP] = written(told)
    return files


def show(facts: Facts, images: Pictures) -> Shown:
    """Get a case's pictures and make the copies that are shown."""
    from sinks.evidence.pixelate import whole

    copies: dict[str, bytes] = {}
    originals: dict[str, bytes] = {}
    missing: list[str] = [f"passage {id_}" for id_ in facts.passages_lost]
    for number, one in enumerate(facts.passages, 1):
        for kind, reference in (("overview", one.pictures.overview), ("crop", one.pictures.crop)):
            name = picture_name(number, one, kind)
            original = _original(images, reference)
            if original is None:
                if one.role != "also_seen":
                    missing.append(f"the {kind} of the {one.role}")
                continue
            originals[name] = original
            copies[name] = _hidden(one, original) if kind == "overview" else whole(original)
    return Shown(copies, originals, missing)


def digest(content: bytes) -> str:
    """Give the SHA-256 of a file."""
    return sha256(content).hexdigest()


def written(value: object) -> bytes:
    """Write JSON in its one form."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _files(facts: Facts, shown: Shown, language: Language) -> dict[str, bytes]:
    row = row_of(facts)
    return {
        "facts.json": facts.to_json(),
        "report.pdf": report(facts, shown.copies, language),
        "case.json": written(row),
        "case.csv": csv_of([row]),
        **{f"pictures/{name}": content for name, content in shown.copies.items()},
    }


def _original(images: Pictures, reference: str | None) -> bytes | None:
    """Get a picture. Raises EvidenceError where what is kept is not what was put."""
    if reference is None:
        return None
    try:
        return images.get(reference)
    except StoreError as error:
        raise EvidenceError(str(error)) from error


def _hidden(one: PassageFacts, original: bytes) -> bytes:
    from sinks.evidence.pixelate import pixelated

    vehicle = one.passage.vehicle
    return pixelated(original, one.box, vehicle.class_ if vehicle else None, one.beside)
