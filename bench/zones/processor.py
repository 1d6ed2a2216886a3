"""What processes cost. On a machine that does other things it tells more than the clock does."""

import os
from contextlib import suppress
from pathlib import Path


def spent_s(pid: int | None) -> float:
    """Give the processor seconds of a process and of its children, gone ones too. Needs Linux.

    What is not running has spent nothing.
    """
    if pid is None:
        return 0.0
    process = Path(f"/proc/{pid}")
    fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    spent = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    for child in (process / f"task/{pid}/children").read_text(encoding="ascii").split():
        with suppress(FileNotFoundError, ProcessLookupError):
            spent += spent_s(int(child))
    return spent
