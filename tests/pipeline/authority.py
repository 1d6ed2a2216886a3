"""A certificate authority of our own, and what it signs: for tests of TLS."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, each in a file; `pair` holds both, as a broker reads them."""

    certificate: Path
    key: Path
    pair: Path


class Authority:
    """Signs in a folder; `certificate` is what those who trust it are given."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.certificate, self._key = folder / "ca.pem", folder / "ca.key"
        _openssl(
            *("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def sign(self, name: str, host: str = "DNS:localhost,IP:127.0.0.1") -> Identity:
        """Make a key, and sign that it belongs to a host."""
        request, extension = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        made = Identity(*(self.folder / f"{name}.{kind}" for kind in ("crt", "key", "pem")))
        extension.write_text(f"subjectAltName={host}\n")
        _openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-days", "2", "-extfile", extension),
            *("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial"),
            *("-out", made.certificate),
        )
        made.pair.write_text(made.key.read_text() + made.certificate.read_text())
        return made


def _openssl(*words: str | Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine")
    subprocess.run([program, *words], check=True, capture_output=True)  # noqa: S603 - our own
