"""Ports for servers that stop and start again at the same address."""

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """Choose a port that no client is given: a server that comes back must find it free."""
    while True:
        port = secrets.choice(range(15_000, 30_000))
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
