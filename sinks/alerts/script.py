"""A channel that runs a program of the operator's: JSON on stdin, no shell, a time limit."""

import os
import signal
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

from anpr.sites.channels import Script
from sinks.alerts.channel import Fate, Outcome

REFUSED = 65
"""The exit status that says: never again with this message (EX_DATAERR of sysexits.h)."""

PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")
"""What the program sees of our environment, in which secrets may stand."""


class Program:
    """A `Channel` through a program: exit 0 is sent, 65 is refused, all else is tried again."""

    def __init__(self, terms: Script) -> None:
        self._terms = terms

    def send(self, body: bytes, key: str) -> Outcome:
        """Run the program once; what it prints is nobody's."""
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        try:
            program = Popen(  # noqa: S603 the site names the program; no shell reads it
                self._terms.command,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=DEVNULL,
                env={**environment, "ANPR_KEY": key},
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(Fate.RETRY, f"it cannot be started: {type(error).__name__}")
        with program:
            try:
                program.communicate(body, self._terms.timeout_s)
            except TimeoutExpired:
                _stop(program)
                return Outcome(Fate.RETRY, f"stopped after {self._terms.timeout_s:g} s")
        status = program.returncode
        if status == 0:
            return Outcome(Fate.SENT, "exit 0")
        return Outcome(Fate.REFUSED if status == REFUSED else Fate.RETRY, f"exit {status}")

    def close(self) -> None:
        """Nothing stays open."""


def _stop(program: Popen[bytes]) -> None:
    """End a program and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
