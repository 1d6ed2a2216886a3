"""A real server for an app, on a free port: streams behave as they do for a browser."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

DEADLINE_S = 20


@contextmanager
def serving(app: FastAPI, stop_streams: Callable[[], None]) -> Iterator[str]:
    """Serve an app and give its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, loop="asyncio", lifespan="off", log_config=None, ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        pause = threading.Event()
        for _ in range(DEADLINE_S * 200):
            if server.started:
                break
            pause.wait(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        stop_streams()
        server.should_exit = True
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
