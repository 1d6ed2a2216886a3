"""Check a zone-anpr evidence package without any of its software.

    python verify_package.py PACKAGE.zip [TRUSTED_KEYS.json]

Needs Python 3.11 and the package `cryptography`. Says what is wrong, one line each, and exits 1; or
says that the package holds and by which key, and exits 0. The format: docs/evidence.md.
"""

import io
import json
import sys
import zipfile
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

ALGORITHMS: dict[str, Any] = {
    "ed25519": lambda key, signature, data: key.verify(signature, data),
    "ecdsa-p256-sha256": lambda key, signature, data: key.verify(signature, data, ECDSA(SHA256())),
}
Files = dict[str, bytes]
moment = datetime.fromisoformat
UNBOUND = {"manifest.json", "signature.json", "timestamp.json"}


def pack(files: Files) -> bytes:
    """Pack files in the one form that a package has."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            header = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            header.create_system, header.external_attr = 3, 0o100644 << 16
            archive.writestr(header, files[name])
    return packed.getvalue()


def unpack(packed: bytes) -> Files:
    """Give the files; refuse a ZIP that holds anything beside them."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    if pack(files) != packed:
        raise ValueError("the ZIP itself was changed")
    return files


def plain(value: Any) -> bytes:
    """Write JSON in the one form that a package has."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def read(content: bytes) -> Any:
    """Read JSON; refuse any other form of it."""
    value = json.loads(content)
    if plain(value) != content:
        raise ValueError("JSON was written anew")
    return value


def decoded(told: str) -> bytes:
    """Read base64; refuse any other form of it."""
    data = b64decode(told, validate=True)
    if b64encode(data).decode() != told:
        raise ValueError("base64 was written anew")
    return data


def problems(packed: bytes, trusted: Any = None) -> tuple[list[str], str]:
    """Give what is wrong with a package, and the id of the key that signed it."""
    files = unpack(packed)
    manifest, signature = read(files["manifest.json"]), read(files["signature.json"])
    found = [
        f"{name} was added or taken out"
        for name in sorted(manifest["files"].keys() ^ (files.keys() - UNBOUND))
    ]
    found += [
        f"{name} was changed"
        for name, digest in sorted(manifest["files"].items())
        if name in files and sha256(files[name]).hexdigest() != digest
    ]
    public, algorithm = decoded(signature["public_key"]), signature["algorithm"]
    key_id, key = sha256(public).hexdigest()[:16], load_der_public_key(public)
    if not key_id == signature["key_id"] == manifest["key_id"] or len(signature) != 4:
        found.append("the signature names another key")
    signed = [(decoded(signature["signature"]), files["manifest.json"])]
    if manifest["trusted_time"] is not ("timestamp.json" in files):
        found.append("timestamp.json was added or taken out")
    elif manifest["trusted_time"]:
        stamp = read(files["timestamp.json"])
        signed.append(
            (decoded(stamp["signature"]), b"zone-anpr timestamp\n" + decoded(stamp["response"]))
        )
        if len(stamp) != 2:
            found.append("timestamp.json was changed")
    for mark, data in signed:
        try:
            ALGORITHMS[algorithm](key, mark, data)
        except InvalidSignature:
            found.append("a signature does not fit")
    if trusted is not None:
        mine = signature["public_key"]
        known = next((one for one in trusted["keys"] if one["public_key"] == mine), None)
        if known is None:
            found.append(f"key {key_id} is not trusted")
        elif known["revoked_at"] and moment(manifest["made_at"]) >= moment(known["revoked_at"]):
            found.append(f"it was signed after key {key_id} was revoked")
    return found, key_id


def main(package: str, keys: str | None = None) -> int:
    """Say what was found; give the exit status."""
    packed = Path(package).read_bytes()
    trusted = None if keys is None else json.loads(Path(keys).read_bytes())
    try:
        found, key_id = problems(packed, trusted)
    except Exception as error:  # whatever cannot be read is no package of ours
        found, key_id = [f"it cannot be read: {error}"], ""
    print("\n".join(found) if found else f"The package holds. It is signed by key {key_id}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
