"""A receiver over SFTP, known by the host key that the site file names."""

import posixpath
from base64 import b64decode
from contextlib import suppress
from io import StringIO
from socket import create_connection
from urllib.parse import unquote, urlsplit

import paramiko

from anpr.errors import SecretError
from sinks.delivery.ledger import State
from sinks.delivery.way import RECEIPT, Outcome, receipt_in
from sinks.signing import Secrets

PORT = 22
TIMEOUT_S = 20.0
KEYS: tuple[type[paramiko.PKey], ...] = (
    paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey,
)  # fmt: skip


class SftpWay:
    """A `Way` into a folder of an SFTP server. The connection is kept while it holds."""

    def __init__(self, url: str, secret: str, host_key: str, secrets: Secrets) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or PORT
        self._user = unquote(parts.username or "")
        self._folder = unquote(parts.path) or "/"
        self._secret = secret
        self._secrets = secrets
        kind, _, told = host_key.partition(" ")
        self._host_key = (kind, told)
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def send(self, name: str, content: bytes, key: str) -> Outcome:
        """Write beside, rename, and ask how much is there."""
        path = posixpath.join(self._folder, name)
        beside = posixpath.join(self._folder, f".{name}.part")
        try:
            sftp = self._connected()
            with sftp.open(beside, "wb") as file:
                file.set_pipelined(True)
                file.write(content)
            sftp.posix_rename(beside, path)
            size = sftp.stat(path).st_size
        except (paramiko.SSHException, OSError, EOFError, SecretError) as error:
            self.close()
            return Outcome(None, _words(error))
        is_there = size == len(content)
        return Outcome(State.SENT) if is_there else Outcome(None, f"{size} bytes are there")

    def answer(self, name: str) -> Outcome:
        """Look for a receipt beside the file."""
        try:
            sftp = self._connected()
            with sftp.open(posixpath.join(self._folder, f"{name}{RECEIPT}"), "rb") as file:
                return receipt_in(file.read())
        except FileNotFoundError:
            return Outcome(None)
        except (paramiko.SSHException, OSError, EOFError, SecretError) as error:
            self.close()
            return Outcome(None, _words(error))

    def close(self) -> None:
        """Close the connection; the next attempt opens another."""
        client, transport = self._client, self._transport
        self._client = self._transport = None
        for one in (client, transport):
            with suppress(Exception):  # it is gone, however it was
                if one is not None:
                    one.close()

    def _connected(self) -> paramiko.SFTPClient:
        if self._client is not None:
            return self._client
        secret = self._secrets(self._secret)
        socket = create_connection((self._host, self._port), TIMEOUT_S)
        transport = paramiko.Transport(socket)
        self._transport = transport
        transport.banner_timeout = transport.auth_timeout = TIMEOUT_S
        transport.start_client(timeout=TIMEOUT_S)
        there = transport.get_remote_server_key()
        if (there.get_name(), there.asbytes()) != (self._host_key[0], b64decode(self._host_key[1])):
            raise paramiko.SSHException("the server is not the one whose host_key the site names")
        key = _private_key(secret)
        if key is not None:
            transport.auth_publickey(self._user, key)
        else:
            transport.auth_password(self._user, secret)
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise paramiko.SSHException("the server offers no SFTP")
        channel = client.get_channel()
        if channel is not None:
            channel.settimeout(TIMEOUT_S)
        self._client = client
        return client


def _private_key(secret: str) -> paramiko.PKey | None:
    """Read a private key; None where the secret is a password."""
    if "PRIVATE KEY" not in secret:
        return None
    for kind in KEYS:
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(StringIO(secret + "\n"))
    raise SecretError("the SFTP secret is no private key that can be read; write one in PEM")


def _words(error: BaseException) -> str:
    """Say what went wrong, without addresses: they stand in the words of a socket's errors."""
    if isinstance(error, paramiko.AuthenticationException):
        return "the server does not let us in: look at user and secret"
    if isinstance(error, paramiko.SSHException | SecretError):
        return str(error)
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "cut off"
