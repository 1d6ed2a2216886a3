"""How the verbs talk: data on stdout, talk on stderr."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from anpr.errors import AnprError
from anpr.sites import Site, parse_site

out = Console()
err = Console(stderr=True)

SiteFile = Annotated[Path, typer.Argument(help="The site file (TOML).", metavar="SITE")]
DataFolder = Annotated[Path, typer.Option("--data", help="Where log, store and images live.")]


class FileError(AnprError):
    """A file cannot be read. Give the path of one that can."""


def read_text(path: Path) -> str:
    """Read a text file. Raises FileError."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        msg = f"{path}: cannot be read: {reason}. Give the path of a text file."
        raise FileError(msg) from error


def read_site(path: Path) -> Site:
    """Read a site file. Raises FileError and SiteError."""
    return parse_site(read_text(path), str(path))
