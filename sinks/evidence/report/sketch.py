"""A schematic map of a case: where its cameras stand to each other, north up."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, radians

from reportlab.pdfgen.canvas import Canvas

from sinks.evidence.facts import PassageFacts
from sinks.evidence.report.page import BAND, BOLD, INK, PLAIN, SOFT, printable

METRES_A_DEGREE = 111_320.0
LONGEST = 110.0
"""How long the scale is drawn at most, in points."""

NEAR, LINE = 12.0, 9.0
"""Closer than so, in points, two names would lie over each other; so far apart are lines."""

NICE = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def draw_sketch(
    canvas: Canvas,
    box: tuple[float, float, float, float],
    passages: Sequence[PassageFacts],
    north: str,
) -> None:
    """Draw into a box [x, y, width, height]; the way between two ends is not to be seen in it."""
    x, y, width, height = box
    canvas.setFillColor(BAND)
    canvas.rect(x, y, width, height, stroke=0, fill=1)
    places = [(one.camera.lon, one.camera.lat) for one in passages]
    if not places:
        return
    lon0, lat0 = places[0]
    east = METRES_A_DEGREE * cos(radians(lat0))
    points = [((lon - lon0) * east, (lat - lat0) * METRES_A_DEGREE) for lon, lat in places]
    spans = [max(one) - min(one) for one in zip(*points, strict=True)]
    scale = min((width - 60) / max(spans[0], 1), (height - 50) / max(spans[1], 1), 2.0)
    middle = [(max(one) + min(one)) / 2 for one in zip(*points, strict=True)]
    shown = [
        (x + width / 2 + (px - middle[0]) * scale, y + height / 2 + (py - middle[1]) * scale)
        for px, py in points
    ]
    canvas.setStrokeColor(SOFT)
    canvas.setLineWidth(2)
    for (ax, ay), (bx, by) in pairwise(shown):
        canvas.line(ax, ay, bx, by)
    for number, ((px, py), one) in enumerate(zip(shown, passages, strict=True), 1):
        canvas.setFillColor(INK)
        canvas.circle(px, py, 5, stroke=0, fill=1)
        canvas.setFont(BOLD, 7)
        canvas.setFillColor(BAND)
        canvas.drawCentredString(px, py - 2.5, str(number))
        canvas.setFillColor(INK)
        canvas.setFont(PLAIN, 7.5)
        name = printable(one.camera.name or one.camera.id)
        beside = sum(hypot(px - ox, py - oy) < NEAR for ox, oy in shown[: number - 1])
        line = py + 4 - LINE * beside  # names of cameras on one mast stand below each other
        if px < x + width / 2:
            canvas.drawString(px + 8, line, name)
        else:
            canvas.drawRightString(px - 8, line, name)
    _north(canvas, x + width - 18, y + height - 34, north)
    _scale(canvas, x + 10, y + 10, scale)


def _north(canvas: Canvas, x: float, y: float, word: str) -> None:
    canvas.setFillColor(INK)
    arrow = canvas.beginPath()
    arrow.moveTo(x, y + 16)
    arrow.lineTo(x - 5, y)
    arrow.lineTo(x + 5, y)
    arrow.close()
    canvas.drawPath(arrow, stroke=0, fill=1)
    canvas.setFont(BOLD, 8)
    canvas.drawCentredString(x, y + 19, word)


def _scale(canvas: Canvas, x: float, y: float, scale: float) -> None:
    metres = max((one for one in NICE if one * scale <= LONGEST), default=NICE[0])
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1)
    canvas.line(x, y, x + metres * scale, y)
    canvas.setFont(PLAIN, 7)
    canvas.setFillColor(SOFT)
    canvas.drawString(x, y + 3, f"{metres} m")
