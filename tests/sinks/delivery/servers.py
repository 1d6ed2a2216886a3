"""Real receivers in the test's own process: an SFTP server, and an HTTP one that has moods."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_OK

PASSWORD = "hunter22"  # noqa: S105 - of a server that exists in these tests alone


class _Door(paramiko.ServerInterface):
    """Lets one user in, by password or by key."""

    def __init__(self, password: str, key: paramiko.PKey | None) -> None:
        self._password, self._key = password, key

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == ("anpr", self._password)
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if key == self._key else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"


class _Files(paramiko.SFTPServerInterface):
    """Serves one folder."""

    root = Path()

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            descriptor = os.open(self._path(path), flags | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
        handle.readfile = handle.writefile = file  # type: ignore[attr-defined] # its own protocol
        return handle

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        self._path(oldpath).replace(self._path(newpath))
        return SFTP_OK


@dataclass(slots=True)
class Sftp:
    """A server that can be stopped and started again at its port."""

    folder: Path
    password: str = PASSWORD
    client_key: paramiko.PKey | None = None
    host_key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    port: int = 0
    _socket: socket.socket | None = None
    _transports: list[paramiko.Transport] = field(default_factory=list)

    @property
    def told_key(self) -> str:
        return f"{self.host_key.get_name()} {self.host_key.get_base64()}"

    @property
    def url(self) -> str:
        return f"sftp://anpr@127.0.0.1:{self.port}/"

    def start(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._socket,), daemon=True).start()

    def stop(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def _serve(self, listening: socket.socket) -> None:
        files = type("Files", (_Files,), {"root": self.folder})
        with suppress(OSError, EOFError, paramiko.SSHException):
            while True:
                client, _ = listening.accept()
                transport = paramiko.Transport(client)
                self._transports.append(transport)
                transport.add_server_key(self.host_key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                with suppress(OSError, EOFError, paramiko.SSHException):
                    transport.start_server(server=_Door(self.password, self.client_key))


@dataclass(slots=True)
class Http:
    """What comes, and how it answers: a status for each call, the last one stays."""

    statuses: list[int] = field(default_factory=lambda: [201])
    body: bytes = b"thank you"
    got: dict[str, bytes] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    receipts: dict[str, bytes] = field(default_factory=dict)
    hang: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    lose_answer: bool = False


@contextmanager
def http_receiver() -> Iterator[Http]:
    mood = Http()
    mood.hang.set()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            mood.hang.wait(10)
            status = mood.statuses.pop(0) if len(mood.statuses) > 1 else mood.statuses[0]
            if status < 300:
                mood.got[self.path] = content
                mood.keys.append(self.headers["Idempotency-Key"])
            if mood.lose_answer:
                mood.lose_answer = False
                self.connection.close()
                return
            self._answer(status, mood.body)

        def do_GET(self) -> None:
            found = mood.receipts.get(self.path)
            self._answer(404 if found is None else 200, found or b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A connection that is cut is what a test asked for."""

    server = Server(("127.0.0.1", 0), Handler)
    mood.url = f"http://127.0.0.1:{server.server_port}/in"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mood
    finally:
        mood.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()
