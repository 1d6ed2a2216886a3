"""What pages load beside our own few lines: absent where nobody put it there, and not needed."""

from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@cache
def asset(name: str) -> str | None:
    """Give the address of a package's file; None where `python -m deploy.assets` never ran."""
    return f"/static/vendor/{name}" if (STATIC / "vendor" / name).is_file() else None
