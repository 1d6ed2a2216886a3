"""`anpr models`: the weights that read plates: list, verify, and use others instead."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from anpr.errors import ModelError
from ocr.weights import SHIPPED, Weights
from ocr.weights_folder import HUB_MODELS, check, fetch_folder, make_folder
from pipeline.commands.terminal import out, say

app = typer.Typer(no_args_is_help=True, help="The weights that read plates.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of weights to make.")]
Given = Annotated[
    Path | None, typer.Argument(metavar="FOLDER", help="A folder of weights; the shipped ones.")
]


def register(family: typer.Typer) -> None:
    """Add these verbs to the command line."""
    family.add_typer(app, name="models")


@app.command("list")
def list_(folder: Given = None) -> None:
    """List the files of a folder of weights, and which recognisers the hub offers."""
    weights = Weights(folder or SHIPPED)
    table = Table("file", "bytes", "SHA-256", "state", title=str(weights.folder))
    for name, digest in weights.card.sha256.items():
        try:
            size, state = f"{weights.file(name).stat().st_size}", "whole"
        except ModelError:
            size, state = "", "missing or damaged"
        table.add_row(name, size, digest[:16], state)
    out.print(table)
    say(f"to be fetched on request (anpr models fetch): {', '.join(HUB_MODELS)}")


@app.command()
def verify(folder: Given = None) -> None:
    """Check every file against its SHA-256, and that the networks can be run."""
    weights = Weights(folder or SHIPPED)
    check(weights)
    say(f"{weights.folder}: {len(weights.card.sha256)} files, whole; both networks can be run")


@app.command()
def add(
    folder: Folder,
    detector: Annotated[Path | None, typer.Option(help="Your detector (ONNX).")] = None,
    recogniser: Annotated[Path | None, typer.Option(help="Your recogniser (ONNX).")] = None,
    plate_config: Annotated[
        Path | None, typer.Option(help="Its plate configuration (YAML, as of fast-plate-ocr).")
    ] = None,
    vehicle: Annotated[
        Path | None, typer.Option(help="Your classifier of vehicles (ONNX).")
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Its classes in order, separated by commas: car,van,truck.")
    ] = "",
) -> None:
    """Make a folder of your own networks; what you do not give is the shipped one."""
    if detector is None and recogniser is None and vehicle is None:
        raise typer.BadParameter("give --detector, --recogniser with --plate-config, or --vehicle")
    named = [name.strip() for name in classes.split(",") if name.strip()]
    made = make_folder(folder, detector, recogniser, plate_config, vehicle, named)
    _told(made.folder)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Its name in fast-plate-ocr's hub.")], folder: Folder
) -> None:
    """Download a recogniser from fast-plate-ocr's hub; the only verb that ever downloads."""
    _told(fetch_folder(folder, name).folder)


def _told(folder: Path) -> None:
    say(
        f"wrote {folder}. Measure it: anpr bench ocr PHOTOGRAPHS --models {folder}\n"
        f"Use it: anpr run SITE --models {folder}"
    )
