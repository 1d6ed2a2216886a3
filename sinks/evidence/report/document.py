"""The report of one case, for the traffic service and the court."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.events import Access, LockTransit, SectionTransit
from sinks.evidence.facts import Facts, PassageFacts
from sinks.evidence.report.page import INNER, MARGIN, Pages
from sinks.evidence.report.sketch import draw_sketch
from sinks.evidence.report.sources import source_in
from sinks.evidence.report.words import Words

SKETCH_HEIGHT = 120.0

Rows = list[tuple[str, str]]


def report(facts: Facts, pictures: Mapping[str, bytes], language: str) -> bytes:
    """Write the report as PDF; `pictures` are the copies that may be shown, by their names.

    The same facts and pictures give the same bytes.
    """
    words = Words(language)
    pages = Pages(words("title"), f"{words('case')} {facts.event.id}", words("page"))
    pages.text(facts.zone, 9, soft=True)
    pages.text(words("title"), 20, bold=True)
    pages.text(words(facts.event.kind), 11)
    pages.text(words("no_verdict"), 8, soft=True)
    for heading, rows in (
        ("identity", _identity(facts, words)),
        ("facts", _facts(facts, words)),
        ("measurement", _measurement(facts, words)),
        ("instrument", _instrument(facts, words)),
        ("legal", _legal(facts, words)),
    ):
        if rows:
            pages.heading(words(heading))
            pages.rows(rows)
    _pictures(pages, facts, pictures, words)
    pages.heading(words("sketch"), SKETCH_HEIGHT)
    pages.y -= SKETCH_HEIGHT + 4
    draw_sketch(
        pages.canvas, (MARGIN, pages.y, INNER, SKETCH_HEIGHT), facts.passages, words("north")
    )
    pages.heading(words("origin"))
    pages.rows(_origin(facts, words))
    _reads(pages, facts, words)
    return pages.finish()


def local(moment: datetime, facts: Facts, *, exact: bool = False) -> str:
    """Write a moment as the zone's clocks show it, with its offset."""
    there = moment.astimezone(ZoneInfo(facts.timezone))
    clock = there.isoformat(" ", "milliseconds" if exact else "seconds")
    return f"{there:%d/%m/%Y} {clock[11:]}"


def _identity(facts: Facts, words: Words) -> Rows:
    review = facts.review
    unknown = words("not_told")
    return [
        (words("pv"), (review and review.pv_number) or unknown),
        (words("officer"), (review and review.service_number) or unknown),
        (words("account"), review.account if review else unknown),
        (words("reviewed_at"), local(review.at, facts) if review else unknown),
        (words("plate_seen"), review.plate_seen if review else unknown),
        (words("registry"), words((review and review.registry) or "not_consulted")),
    ]


def _facts(facts: Facts, words: Words) -> Rows:
    place, unknown = facts.location, words("not_told")
    return [
        (words("plate"), facts.event.plate + _country(facts)),
        (words("vehicle"), _vehicle(facts, words)),
        (words("at"), local(facts.event.at, facts)),
        (words("road"), place.road or unknown),
        (words("km_point"), place.km_point or unknown),
        (words("municipality"), place.municipality or unknown),
        (words("direction"), place.direction or unknown),
        (words("verdict"), f"{words(_verdict(facts))}; {words(facts.event.reason)}"),
    ]


def _measurement(facts: Facts, words: Words) -> Rows:
    rows = [
        (
            f"{number}. {words(one.role)}",
            f"{local(one.passage.at, facts, exact=True)}  {_post(one)}",
        )
        for number, one in enumerate(facts.passages, 1)
    ]
    match facts.event:
        case SectionTransit():
            return rows + _speed(facts.event, words)
        case LockTransit():
            within = facts.event.within_s
            rows.append((words("duration"), f"{words.number(facts.event.duration_s, 1)} s"))
            if within is not None:
                rows.append((words("within"), f"{words.number(within)} s"))
        case Access():
            pass
    return rows


def _speed(event: SectionTransit, words: Words) -> Rows:
    budget, number = event.error_budget, words.number
    rows = [(words("duration"), f"{number(event.duration_s, 3)} s")]
    if budget is not None:
        clocks = f"{number(budget.entry_clock_ms)} + {number(budget.exit_clock_ms)} ms"
        length = f"{number(budget.length_m, 1)} m ± {number(budget.length_error_m, 1)} m"
        rows += [
            (words("length"), length),
            (words("clocks"), clocks),
            (words("formula"), budget.formula),
        ]
    rows += [
        (words("measured"), f"{number(event.measured_kmh, 2)} km/h"),
        (words("corrected"), f"{event.corrected_kmh} km/h"),
        (words("limit"), f"{event.limit_kmh} km/h ({words(event.limit_source)})"),
        (words("excess"), f"{event.corrected_kmh - event.limit_kmh} km/h"),
        (words("case_class"), words(event.case_class)),
    ]
    if event.amount_eur is not None:
        rows.append((words("amount"), f"{event.amount_eur} EUR"))
    return rows


def _instrument(facts: Facts, words: Words) -> Rows:
    if not isinstance(facts.event, SectionTransit):
        return []
    held, survey = facts.certificate, facts.survey
    rows = [(words("instrument"), words("no_certificate"))]
    if held is not None:
        until = f"{held.verified_until:%d/%m/%Y}"
        rows = [
            (words("device"), held.device),
            (words("approval"), held.approval),
            (words("verified"), until if held.held_on_the_day else f"{until}: {words('expired')}"),
        ]
    if survey is not None:
        told = f"{survey.reference}, {survey.surveyor}, {survey.surveyed_on:%d/%m/%Y}"
        rows.append((words("survey"), told))
    return rows


def _legal(facts: Facts, words: Words) -> Rows:
    event = facts.event
    sources = event.sources if isinstance(event, SectionTransit) else ()
    conditions = event.conditions if isinstance(event, SectionTransit) else ()
    law = [source_in(words.language, one) for one in sources]
    bases = [*filter(None, [facts.location.legal_basis]), *law]
    return [
        *((words("legal"), one) for one in bases or [words("not_told")]),
        *((words("conditions"), words(one)) for one in conditions),
    ]


def _pictures(pages: Pages, facts: Facts, pictures: Mapping[str, bytes], words: Words) -> None:
    pages.heading(words("pictures"), 190)
    pages.text(words("hidden"), 8, soft=True)
    shown = [(n, one) for n, one in enumerate(facts.passages, 1) if one.role != "also_seen"]
    for kind, height in (("overview", 135.0), ("crop", 48.0)):
        row = [
            (
                f"{number}. {words(one.role)}, {local(one.passage.at, facts, exact=True)}",
                pictures.get(picture_name(number, one, kind)),
                words("missing"),
            )
            for number, one in shown
        ]
        if row:
            pages.pictures(row, height)


def picture_name(number: int, one: PassageFacts, kind: str) -> str:
    """Name a picture of a case: the number of its passage, its role and its kind."""
    return f"{number}-{one.role}-{kind}.jpg".replace("_", "-")


def _origin(facts: Facts, words: Words) -> Rows:
    rows = [
        (words("rule"), f"{facts.rule.id}, {facts.rule.version}"),
        (words("software"), facts.rule.software),
    ]
    for one in facts.passages:
        checks = [f"{report.behind_ms:+.0f} ms" for report in one.clock_log]
        told = f"{_post(one)}: {', '.join(checks[-4:]) or words('not_told')}"
        rows.append((words("clock_log"), told))
        rows += [
            (words("corrections"), f"{fixed.plate} ({fixed.account}, {local(fixed.at, facts)})")
            for fixed in one.corrections
        ]
    return rows


def _reads(pages: Pages, facts: Facts, words: Words) -> None:
    rows = [
        [
            str(number),
            local(read.captured_at, facts, exact=True),
            read.plate or "-",
            "-" if read.confidence is None else words.number(read.confidence, 3),
            " ".join(words.number(one, 2) for one in read.characters),
        ]
        for number, one in enumerate(facts.passages, 1)
        for read in one.reads
    ]
    if rows:
        pages.heading(words("reads"))
        header = ["", *map(words, ("at", "plate", "confidence", "characters"))]
        pages.table(header, rows, (0.04, 0.32, 0.14, 0.12, 0.38))


def _vehicle(facts: Facts, words: Words) -> str:
    known = [one.passage.vehicle for one in facts.passages if one.passage.vehicle]
    told: Sequence[str | None] = ()
    if known:
        told = (known[0].class_ and words(known[0].class_), known[0].make, known[0].colour)
    return ", ".join(filter(None, told)) or words("not_told")


def _country(facts: Facts) -> str:
    known = [one.passage.country for one in facts.passages if one.passage.country]
    return f" ({known[0]})" if known else ""


def _post(one: PassageFacts) -> str:
    return one.camera.name or one.camera.id


def _verdict(facts: Facts) -> str:
    event = facts.event
    return event.decision if isinstance(event, Access) else event.verdict
