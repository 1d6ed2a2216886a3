"""The HTTP server of a zone: one application, one OpenAPI document, on a thread of its own."""

import threading
from typing import Any

import uvicorn
from fastapi import FastAPI

from anpr.errors import AnprError
from pipeline.settings import LOOPBACK, RunSettings


class ListenError(AnprError):
    """The server cannot listen there. Choose a free port, or say how TLS is done."""


def refuse_bare_http(settings: RunSettings) -> None:
    """Refuse to serve plates in the clear on another address than this machine's own."""
    if settings.host in LOOPBACK or settings.secure:
        return
    msg = (
        f"{settings.host} can be reached from outside: give --tls-cert and --tls-key, or say "
        "--behind-proxy when a proxy on this network does TLS"
    )
    raise ListenError(msg)


class HttpServer:
    """Serves an application until told to stop."""

    def __init__(self, app: FastAPI, settings: RunSettings) -> None:
        refuse_bare_http(settings)
        tls: dict[str, Any] = {}
        if settings.tls is not None:
            tls = {
                "ssl_certfile": str(settings.tls.certificate),
                "ssl_keyfile": str(settings.tls.key),
            }
        config = uvicorn.Config(
            app, host=settings.host, port=settings.port, loop="uvloop", http="httptools",
            ws="none", access_log=False, log_config=None, server_header=False,
            proxy_headers=settings.behind_proxy, timeout_graceful_shutdown=5, **tls,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._name = f"{settings.host}:{settings.port}"
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, also where port 0 let the system choose."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    def start(self, wait_s: float = 20) -> None:
        """Start, and return once it accepts connections. Raises ListenError."""
        self._thread.start()
        pause = threading.Event()
        for _ in range(int(wait_s / 0.02)):
            if self._server.started or not self._thread.is_alive():
                break
            pause.wait(0.02)
        if not self._server.started:
            msg = f"cannot listen on {self._name}: is the port taken? Choose another --listen."
            raise ListenError(msg)

    def stop(self) -> None:
        """Stop accepting, let requests under way finish, and end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(15)

    def _run(self) -> None:
        try:
            self._server.run()
        except SystemExit:
            return  # uvicorn's way to say that it could not bind; `start` tells it
