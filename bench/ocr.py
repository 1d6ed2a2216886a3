"""Plates read from labelled photographs, beside the reference models, in one run on one thread.

Times are CPU milliseconds of the process for one decoded photograph, the quickest of some runs, so
that other work on the machine weighs little; the table shows the median photograph.
"""

from math import isnan
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from bench.reading.labels import Photograph, read_labels
from bench.reading.measure import Measured, measure
from bench.reading.peers import missing
from bench.reading.report import page
from bench.reading.score import CONFIDENT, Score
from bench.reading.systems import Systems, ours, peers
from ocr.weights import SHIPPED, Weights

RUNS = 3
PEERS = Path("../shared/models")


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs with labels.csv.", metavar="FOLDER")],
    models: Annotated[Path, typer.Option(help="A folder of other weights.")] = SHIPPED,
    reference: Annotated[Path, typer.Option(help="Where the reference models lie.")] = PEERS,
    report: Annotated[Path | None, typer.Option(help="Write the failures as HTML.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="Runs of which the quickest counts.")] = RUNS,
) -> None:
    """Measure how well and how fast plates are read, beside the reference models."""
    cv2.setNumThreads(1)
    out, talk = Console(), Console(stderr=True)
    photographs = read_labels(folder)
    systems = _systems(Weights(models), reference, talk)
    shown = track(photographs, "reading", console=talk, transient=True)
    measured = measure(shown, systems, runs)
    what = _described(photographs)
    out.print(_image_table(what, measured))
    out.print(_crop_table(measured))
    if report is not None:
        text = page(f"{folder.name}: plates misread", what, measured.failures)
        report.write_text(text, encoding="utf-8")
        talk.print(f"the failures are shown in {report}", highlight=False)


def _systems(weights: Weights, reference: Path, talk: Console) -> Systems:
    own = ours(weights)
    if lacking := missing(reference):
        why = f"{reference} lacks {', '.join(lacking)}; name their folder with --reference"
        talk.print(f"measured without the reference models: {why}", highlight=False)
        return own
    beside = peers(reference)
    return Systems(own.images | beside.images, own.crops | beside.crops)


def _described(photographs: list[Photograph]) -> str:
    plates = sum(len(one.labels) for one in photographs)
    bare = sum(not one.labels for one in photographs)
    return f"{len(photographs)} photographs, {plates} plates, {bare} photographs without any"


def _image_table(what: str, measured: Measured) -> Table:
    caption = (
        f"Found: IoU ≥ 0.5. Sure: right and ≥ {CONFIDENT:g}. False: ≥ {CONFIDENT:g} and on no "
        "label, even folded. Ratio: of the ms to ours. Decoding the file is left out."
    )
    title = f"Whole image in, text out: {what}"
    table = Table(
        Column("system", min_width=26),
        title=title,
        caption=caption,
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for column in ("exact", "folded", "sure", "false", "found", "ms", "ratio"):
        table.add_column(column, justify="right")
    first = next(iter(measured.images.values())).median_ms
    for name, one in measured.images.items():
        ratio = f"{one.median_ms / first:.2f}"
        table.add_row(
            name, *_shares(one), str(len(one.false)), _share(one.recall), *_ms(one), ratio
        )
    return table


def _crop_table(measured: Measured) -> Table:
    table = Table("recogniser", "cut", title="Plates cut out as labelled", title_justify="left")
    for column in ("exact", "folded", "sure", "ms"):
        table.add_column(column, justify="right")
    for (name, cut), one in measured.crops.items():
        table.add_row(name, cut, *_shares(one), *_ms(one))
    return table


def _shares(score: Score) -> list[str]:
    return [_share(one) for one in (score.exact, score.folded, score.confident)]


def _ms(score: Score) -> list[str]:
    return [f"{score.median_ms:.1f}"]


def _share(share: float | None) -> str:
    return "-" if share is None or isnan(share) else f"{share:.3f}"
