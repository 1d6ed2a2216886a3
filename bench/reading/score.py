"""What a system's answers are worth, beside the labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from anpr.plates import fold
from bench.reading.labels import Label
from ocr.ports import Box

CONFIDENT = 0.9
"""From here on a system claims to know."""
FOUND = 0.5
"""The overlap (intersection over union) from which a box is the plate's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plate as a system reads it, and how sure it says it is."""

    plate: str
    confidence: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled plate and the answer that stands for it; None where there is none."""

    label: Label
    answer: Answer | None

    @property
    def is_exact(self) -> bool:
        """Whether every character is right."""
        return self.answer is not None and self.answer.plate == self.label.plate

    @property
    def is_folded(self) -> bool:
        """Whether it is right but for look-alike characters."""
        return self.answer is not None and fold(self.answer.plate) == fold(self.label.plate)

    @property
    def is_confident(self) -> bool:
        """Whether the system claims to know."""
        return self.answer is not None and self.answer.confidence >= CONFIDENT


@dataclass(slots=True)
class Score:
    """What a system did on a whole folder. `false` are confident readings of no labelled plate."""

    outcomes: list[Outcome] = field(default_factory=list)
    false: list[Answer] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    images: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, labels: Sequence[Label], answers: Sequence[Answer], ms: float) -> list[Outcome]:
        """Take in the answers about one photograph; give what they say of its plates."""
        outcomes = [Outcome(label, standing(label, answers)) for label in labels]
        self.outcomes += outcomes
        self.false += false_reads(labels, answers)
        self.images += 1
        self.ms.append(ms)
        return outcomes

    def locate(self, labels: Sequence[Label], boxes: Sequence[Box]) -> None:
        """Take in where a system saw plates on one photograph."""
        self.found += [any(label.box.overlap(box) >= FOUND for box in boxes) for label in labels]

    @property
    def exact(self) -> float:
        """The share of plates of which every character is right."""
        return _share([one.is_exact for one in self.outcomes])

    @property
    def folded(self) -> float:
        """The share of plates that are right but for look-alike characters."""
        return _share([one.is_folded for one in self.outcomes])

    @property
    def confident(self) -> float:
        """The share of plates read right (folded) and confidently: what needs no person."""
        return _share([one.is_folded and one.is_confident for one in self.outcomes])

    @property
    def recall(self) -> float | None:
        """The share of plates that were found; None where a system does not look for them."""
        return _share(self.found) if self.found else None

    @property
    def median_ms(self) -> float:
        """How long one photograph takes."""
        return median(self.ms) if self.ms else float("nan")


def standing(label: Label, answers: Sequence[Answer]) -> Answer | None:
    """Choose the surest answer that lies on a plate; one without a box lies everywhere."""
    near = [one for one in answers if one.box is None or one.box.shared(label.box) > 0]
    return max(near, key=lambda one: one.confidence, default=None)


def false_reads(labels: Sequence[Label], answers: Sequence[Answer]) -> list[Answer]:
    """List the confident answers that say what no label says, even when look-alikes are one."""
    known = {fold(label.plate) for label in labels}
    return [one for one in answers if one.confidence >= CONFIDENT and fold(one.plate) not in known]


def _share(claims: Sequence[bool]) -> float:
    return sum(claims) / len(claims) if claims else float("nan")
