"""What keeps a reviewed case from being accepted."""

from collections.abc import Sequence
from enum import StrEnum

from anpr.errors import StoreError
from anpr.events import SectionTransit
from sinks.cases.ledger import Case
from sinks.cases.life import CaseError
from sinks.evidence.facts import Facts
from sinks.evidence.package import Pictures


class Obstacle(StrEnum):
    """What keeps a reviewed case from being accepted."""

    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_NOT_VALID = "certificate_not_valid"
    PASSAGE_LOST = "passage_lost"
    IMAGE_MISSING = "image_missing"
    """it can be accepted with a reason why it stands without"""


class CannotAcceptError(CaseError):
    """A case cannot be accepted; `obstacles` say why."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        only = set(obstacles) == {Obstacle.IMAGE_MISSING}
        remedy = "say why it stands without pictures" if only else "reject it"
        super().__init__(f"the case cannot be accepted: {', '.join(obstacles)}; {remedy}")


def obstacles(case: Case, images: Pictures) -> list[Obstacle]:
    """Tell what keeps a case that has been reviewed from being accepted."""
    if case.facts is None:
        return []
    facts = Facts.model_validate_json(case.facts)
    found = []
    if isinstance(facts.event, SectionTransit):
        if facts.certificate is None:
            found.append(Obstacle.NO_CERTIFICATE)
        elif not facts.certificate.held_on_the_day:
            found.append(Obstacle.CERTIFICATE_NOT_VALID)
    if facts.passages_lost:
        found.append(Obstacle.PASSAGE_LOST)
    references = [
        reference
        for one in facts.passages
        for reference in (one.pictures.crop, one.pictures.overview)
        if one.role != "also_seen" and reference is not None
    ]
    if facts.missing_pictures or not all(_is_there(images, one) for one in references):
        found.append(Obstacle.IMAGE_MISSING)
    return found


def _is_there(images: Pictures, reference: str) -> bool:
    try:
        return images.get(reference) is not None
    except StoreError:  # it is not what was stored
        return False
