"""A package to be sent, and receivers to send it to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sinks.delivery.sending import CONTENT
from tests.sinks.delivery.servers import Http, Sftp, http_receiver


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "packages" / "case-1-r2.zip"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def http() -> Iterator[Http]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    folder = tmp_path / "remote"
    folder.mkdir()
    server = Sftp(folder)
    server.start()
    yield server
    server.stop()
