"""A stage's process on this machine: started, asked, paused, stopped or killed."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
PATIENCE_S = 120.0
STEP_S = 0.1


class ProcessError(Exception):
    """A process does not do what it was started for. The message has the end of its log."""


class Process:
    """One process of a service, with its own port and log; started again, it is the same one."""

    def __init__(
        self, name: str, port: int, command: Sequence[str], environ: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.port = port
        self.log = log
        self._command = command
        self._environ = environ
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def has_ended(self) -> bool:
        """Whether it was started and ended by itself."""
        return self._running is not None and self._running.poll() is not None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def cpu_s(self) -> float:
        """The processor seconds that it has spent since it was started. Needs Linux."""
        if self._running is None:
            return 0.0
        fields = Path(f"/proc/{self._running.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def start(self) -> None:
        """Start it; return at once."""
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(  # noqa: S603 - the compose file's own command
                self._command, env=self._environ, cwd=ROOT, stdout=out, stderr=out
            )

    def ask_to_end(self) -> None:
        """Tell it to end in good order; do not wait."""
        self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Let it end in good order; kill it after a minute."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stand it still, as a machine that hangs."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def checks(self) -> Mapping[str, str]:
        """Ask what it needs and how that is; empty while it does not answer."""
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own URL
                return _checks(answer.read())
        except HTTPError as refusal:
            with refusal:
                return _checks(refusal.read())
        except (URLError, OSError):
            return {}

    def is_ready(self) -> bool:
        """Whether it says that everything it needs works."""
        checks = self.checks()
        return bool(checks) and all(told == "ok" for told in checks.values())

    def tail(self, size: int = 2000) -> str:
        """Give the end of its log."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def require_running(self) -> None:
        """Raise ProcessError where it ended by itself."""
        if not self.is_running:
            raise ProcessError(f"{self.name} has ended; see {self.log}:\n{self.tail()}")

    def _end(self, how: signal.Signals) -> None:
        process, self._running = self._running, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _signal(self, what: signal.Signals) -> None:
        if self._running is not None and self.is_running:
            os.kill(self._running.pid, what)


def wait_for(condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until a condition holds. Raises ProcessError when it does not in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise ProcessError(f"not within {patience_s:.0f} s: {what}")
        time.sleep(STEP_S)


def _checks(body: bytes) -> Mapping[str, str]:
    try:
        checks = json.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(told) for name, told in checks.items()}
