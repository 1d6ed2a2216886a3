"""The pages of a report: paper, columns and pictures, the same bytes for the same contents."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import zip_longest

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfgen.canvas import Canvas

rl_config.useA85 = 0  # pictures as they are: in ASCII they take a quarter more

WIDTH, HEIGHT = A4
MARGIN = 18 * mm
INNER = WIDTH - 2 * MARGIN
BOTTOM = 20 * mm
INK, SOFT, RULE, BAND = (HexColor(one) for one in ("#16202b", "#5b6875", "#c9d1d9", "#eef2f5"))
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"


def printable(text: str) -> str:
    """Leave out what the paper's own fonts cannot show; they have all of Dutch and French."""
    return text.encode("cp1252", "replace").decode("cp1252")


class _Jpeg(ImageReader):
    """A JPEG that goes into the paper as it is; reportlab decodes others to tell them apart."""

    _dataA = None  # noqa: N815 - reportlab's name: what of it is transparent

    def __init__(self, jpeg: bytes) -> None:
        super().__init__(BytesIO(jpeg))
        self._jpeg = jpeg

    def getRGBData(self) -> bytes:  # noqa: N802 - reportlab's name
        """Give what tells it from others."""
        return self._jpeg


class Pages:
    """Writes from top to bottom, and begins a new page where there is no room."""

    def __init__(self, title: str, footer: str, page_word: str) -> None:
        self._made = BytesIO()
        self.canvas = Canvas(self._made, pagesize=A4, invariant=1, pageCompression=1)
        self.canvas.setTitle(printable(title))
        self.canvas.setAuthor("zone-anpr")
        self._footer = printable(footer)
        self._page_word = page_word
        self.y = HEIGHT - MARGIN

    def finish(self) -> bytes:
        """End the last page and give the document."""
        self._end_page()
        self.canvas.save()
        return self._made.getvalue()

    def need(self, height: float) -> None:
        """Begin a new page where so much does not fit any more."""
        if self.y - height < BOTTOM:
            self._end_page()
            self.canvas.showPage()
            self.y = HEIGHT - MARGIN

    def text(self, text: str, size: float = 9, *, bold: bool = False, soft: bool = False) -> None:
        """Write a paragraph."""
        font = BOLD if bold else PLAIN
        for line in simpleSplit(printable(text), font, size, INNER):
            self.need(size * 1.35)
            self.y -= size * 1.35
            self._line(MARGIN, self.y + size * 0.3, line, font, size, soft=soft)

    def heading(self, text: str, room: float = 40) -> None:
        """Begin a part; it keeps at least so much of it on its page."""
        self.need(24 + room)
        self.y -= 22
        self.canvas.setFillColor(BAND)
        self.canvas.rect(MARGIN, self.y, INNER, 15, stroke=0, fill=1)
        self._line(MARGIN + 5, self.y + 4.2, printable(text), BOLD, 9.5)
        self.y -= 4

    def rows(self, rows: Sequence[tuple[str, str]], label_width: float = 135) -> None:
        """Write pairs of a label and what it says."""
        for label, told in rows:
            labels = simpleSplit(printable(label), PLAIN, 8.5, label_width - 12)
            lines = simpleSplit(printable(told), PLAIN, 9, INNER - label_width)
            self.need(13 * max(len(labels), len(lines)))
            for name, line in zip_longest(labels, lines, fillvalue=""):
                self.y -= 13
                self._line(MARGIN + 5, self.y + 3.5, name, PLAIN, 8.5, soft=True)
                self._line(MARGIN + label_width, self.y + 3.5, line, PLAIN, 9)

    def table(
        self, header: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]
    ) -> None:
        """Write a table; widths are shares of the page's."""
        self._row(header, widths, BOLD)
        for row in rows:
            self.need(13)
            self._row(row, widths, PLAIN)

    def pictures(self, pictures: Sequence[tuple[str, bytes | None, str]], height: float) -> None:
        """Lay pictures out beside each other, each with its caption, or with what stands for it."""
        gap = 8.0
        width = (INNER - gap * (len(pictures) - 1)) / len(pictures)
        self.need(height + 16)
        self.y -= height + 4
        for number, (caption, jpeg, instead) in enumerate(pictures):
            left = MARGIN + number * (width + gap)
            self.canvas.setStrokeColor(RULE)
            self.canvas.rect(left, self.y, width, height, stroke=1, fill=0)
            if jpeg is None:
                self._line(left + 6, self.y + height / 2, printable(instead), PLAIN, 9, soft=True)
            else:
                self.canvas.drawImage(
                    _Jpeg(jpeg), left, self.y, width, height,
                    preserveAspectRatio=True, anchor="c",
                )  # fmt: skip
            self._line(left, self.y - 9, printable(caption), PLAIN, 8, soft=True)
        self.y -= 14

    def _row(self, cells: Sequence[str], widths: Sequence[float], font: str) -> None:
        self.y -= 13
        left = MARGIN + 5
        for cell, share in zip(cells, widths, strict=True):
            room = INNER * share - 4
            shown = simpleSplit(printable(cell), font, 8.5, room)
            self._line(left, self.y + 3.5, shown[0] if shown else "", font, 8.5)
            left += INNER * share
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(MARGIN, self.y, MARGIN + INNER, self.y)

    def _line(
        self, x: float, y: float, text: str, font: str, size: float, *, soft: bool = False
    ) -> None:
        self.canvas.setFillColor(SOFT if soft else INK)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)

    def _end_page(self) -> None:
        number = f"{self._page_word} {self.canvas.getPageNumber()}"
        self._line(MARGIN, 12 * mm, self._footer, PLAIN, 7.5, soft=True)
        self.canvas.drawRightString(WIDTH - MARGIN, 12 * mm, printable(number))
