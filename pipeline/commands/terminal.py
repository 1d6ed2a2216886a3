"""How the verbs talk: data on stdout, talk on stderr."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from anpr.errors import AnprError
from anpr.sites import Site, parse_site
from anpr.time import Moment

out = Console()
err = Console(stderr=True)

SiteFile = Annotated[Path, typer.Argument(help="The site file (TOML).", metavar="SITE")]
GivenSite = Annotated[
    Path | None, typer.Option("--site", help="The site file, where no zone has run yet.")
]
Models = Annotated[
    Path | None,
    typer.Option(help="A folder of other weights, as `anpr models add` or `fetch` makes it."),
]
DataFolder = Annotated[Path, typer.Option("--data", help="Where log, store and images live.")]


def say(text: str) -> None:
    """Tell people something, as it is: without colours, and without reading brackets as such."""
    err.print(text, highlight=False, markup=False, soft_wrap=True)


def moment_given(text: str | None) -> str | None:
    """Check a moment that was typed; None where none was."""
    if text is not None:
        try:
            TypeAdapter(Moment).validate_python(text)
        except ValidationError as error:
            msg = f"{text!r} is no moment: write it as 2026-01-31T08:00:00+01:00"
            raise typer.BadParameter(msg) from error
    return text


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


DEFAULT_DATA = Path("data")
