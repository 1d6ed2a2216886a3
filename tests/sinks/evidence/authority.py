"""A time authority of the test's own (RFC 3161): OpenSSL answers, a real HTTP server carries it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

CONFIG = """
[ tsa ]
default_tsa = tsa_config
[ tsa_config ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ tsa_ext ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ root_ext ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[ req ]
distinguished_name = name
[ name ]
"""


@dataclass(slots=True)
class Authority:
    """Where it answers, its root certificate (PEM), and what it is to answer in its place."""

    folder: Path
    url: str = ""
    instead: bytes | None = None
    status: int = 200

    @property
    def root(self) -> str:
        return (self.folder / "root.pem").read_text()

    def answer(self, query: bytes) -> bytes:
        if self.instead is not None:
            return self.instead
        asked, told = self.folder / "query.tsq", self.folder / "answer.tsr"
        asked.write_bytes(query)
        config = str(self.folder / "tsa.cnf")
        openssl("ts", "-reply", "-config", config, "-queryfile", str(asked), "-out", str(told))
        return told.read_bytes()


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)  # noqa: S603, S607


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    folder.mkdir(parents=True)
    config = folder / "tsa.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    of = ("-config", str(config), "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(
        "req", "-x509", *of, "-keyout", f"{folder}/root.key", "-out", f"{folder}/root.pem",
        "-subj", "/CN=Test root", "-extensions", "root_ext", "-days", "3650",
    )  # fmt: skip
    openssl(
        "req", *of, "-keyout", f"{folder}/tsa.key", "-out", f"{folder}/tsa.csr",
        "-subj", "/CN=Test time",
    )  # fmt: skip
    openssl(
        "x509", "-req", "-in", f"{folder}/tsa.csr", "-CA", f"{folder}/root.pem", "-CAkey",
        f"{folder}/root.key", "-CAcreateserial", "-out", f"{folder}/tsa.pem", "-extfile",
        str(config), "-extensions", "tsa_ext", "-days", "3650",
    )  # fmt: skip
    here = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = here.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(here.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_port}/tsr"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
