"""Check a zone-anpr evidence package without its software.

Run `python verify_package.py PACKAGE.zip [KEYS.json]`; it needs the package `cryptography`. It says
what is wrong, one line each, and exits 1; or that the package holds. Without the zone's keys
(`anpr keys export`) anybody may have signed it. The format: docs/evidence.md.
"""

import io
import json
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOW: dict[str, Any] = {"ed25519": (), "ecdsa-p256-sha256": (ec.ECDSA(hashes.SHA256()),)}
moment = datetime.fromisoformat
UNBOUND = {"manifest.json", "signature.json", "timestamp.json"}


def unpack(packed: bytes) -> dict[str, bytes]:
    """Give the files; refuse a ZIP that is not byte for byte as these files are packed."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            header = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            header.create_system, header.external_attr = 3, 0o100644 << 16
            archive.writestr(header, files[name])
    if again.getvalue() != packed:
        raise ValueError("the ZIP itself was changed")
    return files


def parsed(content: bytes) -> Any:
    """Read JSON; refuse any other than the one form of it."""
    value = json.loads(content)
    if json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n" != content.decode():
        raise ValueError("JSON was written anew")
    return value


def data(told: str) -> bytes:
    """Read base64; refuse any other than the one form of it."""
    if b64encode(decoded := b64decode(told)).decode() != told:
        raise ValueError("base64 was written anew")
    return decoded


def problems(packed: bytes, trusted: Any = None) -> Iterator[str]:
    """Say what is wrong with a package; `trusted` is what `anpr keys export` wrote."""
    files = unpack(packed)
    manifest, signature = parsed(files["manifest.json"]), parsed(files["signature.json"])
    digests = {name: sha256(files[name]).hexdigest() for name in files.keys() - UNBOUND}
    for name in sorted({name for name, _ in digests.items() ^ manifest["files"].items()}):
        yield f"{name} was changed, added or taken out"
    key_id = sha256(public := data(signature["public_key"])).hexdigest()[:16]
    if not key_id == signature["key_id"] == manifest["key_id"] or len(signature) != 4:
        yield "the signature names another key"
    key: Any = serialization.load_der_public_key(public)
    signed = [(signature, files["manifest.json"])]
    if manifest["trusted_time"] is not ("timestamp.json" in files):
        yield "timestamp.json was added or taken out"
    elif manifest["trusted_time"]:
        stamp = parsed(files["timestamp.json"])
        signed.append((stamp, b"zone-anpr timestamp\n" + data(stamp["response"])))
        if len(stamp) != 2:
            yield "timestamp.json was changed"
    for mark, what in signed:
        try:
            key.verify(data(mark["signature"]), what, *HOW[signature["algorithm"]])
        except InvalidSignature:
            yield "a signature does not fit"
    if trusted is not None:
        made = moment(manifest["made_at"])
        known = {one["public_key"]: one for one in trusted["keys"]}.get(signature["public_key"])
        if known is None:
            yield f"key {key_id} is not trusted"
        elif known["revoked_for"] == "compromised":
            yield f"key {key_id} was compromised: only trusted time can bear the package out"
        elif any(at and made >= moment(at) for at in (known["revoked_at"], known["retired_at"])):
            yield f"it was signed after key {key_id} was revoked or rotated"


if __name__ == "__main__":
    try:
        package, *keys = [Path(one).read_bytes() for one in sys.argv[1:3]]
        found = list(problems(package, *map(json.loads, keys)))
    except Exception as error:  # whatever cannot be read is no package of ours
        found = [f"it cannot be read: {error}"]
    print("\n".join(found) or "The package holds.")
    sys.exit(bool(found))
