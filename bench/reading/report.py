"""The failures as pictures: one HTML page that needs no other file."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bench.reading.score import Answer, Outcome
from ocr.image import encode
from ocr.ports import Image

AROUND = (1.0, 2.0)
"""By which shares of its width and height a plate is shown with what is around it."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Plates misread</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }}
figure {{ display: inline-block; vertical-align: top; margin: 0 1.5em 1.5em 0; width: 360px }}
img {{ max-width: 100%; max-height: 240px; border: 1px solid #ccc }}
code {{ font-size: 1.1em }} .no {{ color: #b00 }} .nearly {{ color: #a60 }}
</style>
<h1>{title}</h1><p>{summary}</p>
{sections}
</html>
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """A plate that a system did not read as labelled, or one that it claims and no label has."""

    file: str
    picture: Image
    outcome: Outcome | None
    answer: Answer | None


def page(title: str, summary: str, failures: Mapping[str, Sequence[Failure]]) -> str:
    """Write the page: for each system the failures it made."""
    sections = "\n".join(
        f"<h2>{escape(name)}: {len(those)}</h2>\n" + "\n".join(map(_figure, those))
        for name, those in failures.items()
    )
    return PAGE.format(title=escape(title), summary=escape(summary), sections=sections)


def pictured(file: str, image: Image, outcome: Outcome) -> Failure:
    """Show a misread plate with what is around it."""
    return Failure(file, outcome.label.box.widened(*AROUND).cut(image), outcome, outcome.answer)


def claimed(file: str, image: Image, answer: Answer) -> Failure:
    """Show what was taken for a plate and is none that is labelled."""
    box = answer.box
    return Failure(file, box.widened(*AROUND).cut(image) if box else image, None, answer)


def _figure(failure: Failure) -> str:
    data = base64.b64encode(encode(failure.picture)).decode()
    return (
        f'<figure><img alt="" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{escape(failure.file)}<br>{_words(failure)}</figcaption></figure>"
    )


def _words(failure: Failure) -> str:
    said = "nothing"
    if failure.answer is not None:
        said = f"<code>{escape(failure.answer.plate)}</code> ({failure.answer.confidence:.2f})"
    if failure.outcome is None:
        return f'<span class="no">no labelled plate, yet read as {said}</span>'
    mark = "nearly" if failure.outcome.is_folded else "no"
    label = escape(failure.outcome.label.plate)
    return f'<code>{label}</code> read as <span class="{mark}">{said}</span>'
