"""The report says all that a court asks for, in three languages, and looks the same every time."""

import csv
import io
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from sqlalchemy import Engine

from anpr.events import CaseClass, LimitSource, VehicleClass
from rules.admission import AdmissionReason
from rules.data import shipped_law
from rules.lock import LockReason
from rules.zone import ZoneReason
from sinks.evidence.container import unpack
from sinks.evidence.facts import CaseEvent, CertificateFacts, CorrectionFacts, Facts
from sinks.evidence.keys import KeyRing
from sinks.evidence.package import package, show, written
from sinks.evidence.report.batch import COLUMNS, csv_of, row_of, summary, write_json
from sinks.evidence.report.document import report
from sinks.evidence.report.sources import source_in
from sinks.evidence.report.words import LANGUAGES, Words
from tests.sinks.build import T0
from tests.sinks.evidence.cases import (
    PLATE,
    Pictures,
    entered,
    facts_of,
    speeding,
    truck_through,
    zone_site,
)
from tests.sinks.evidence.conftest import SIGNED_AT


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return " ".join("\n".join(pages).split())


@pytest.mark.parametrize(
    "event, kind",
    [
        (speeding(), "Trajectcontrole"),
        (truck_through(), "Vrachtwagensluis"),
        (entered(), "Vergunningszone"),
    ],
    ids=["section", "lock", "zone"],
)
def test_every_kind_of_case_is_headed_as_presumed(
    engine: Engine, pictures: Pictures, event: CaseEvent, kind: str
) -> None:
    facts = facts_of(engine, pictures, event)
    told = text_of(report(facts, show(facts, pictures).copies, "nl"))
    assert "Vermoedelijke overtreding" in told
    for words in (
        kind,
        PLATE,
        "AN.90.L6.001234/2026",
        "44-1207",
        "N177",
        "12.400",
        "Boom",
        "Rumst",
    ):
        assert words in told, words
    assert "Gemeenteraadsbesluit van 12 januari 2026" in told


def test_a_speeding_report_shows_the_measurement_with_its_numbers(
    facts: Facts, pictures: Pictures
) -> None:
    told = text_of(report(facts, show(facts, pictures).copies, "nl"))
    for words in (
        "89,28 km/h", "83 km/h", "70 km/h (vast)", "13 km/h", "50,000 s", "1240,0 m ± 1,0 m",
        "20 + 20 ms", "= 89.13 km/h", "SC-0042", "BE-77", "01/05/2028", "LM-2026-7", "71 EUR",
        "onmiddellijke inning", "section/n177, 0123456789ab", "02/03/2026 09:00:00+01:00",
    ):  # fmt: skip
        assert words in told, words


@pytest.mark.parametrize(
    "language, words", [("nl", "Wettelijke basis"), ("fr", "Base légale"), ("en", "Legal basis")]
)
def test_it_speaks_the_language_of_the_template(
    facts: Facts, pictures: Pictures, language: str, words: str
) -> None:
    assert words in text_of(report(facts, {}, language))


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_the_law_of_the_country_is_told_in_the_language_of_the_report(language: str) -> None:
    law = shipped_law()
    fines = law.fines["BE"]
    collection = {one.source for one in fines.collection}
    gas5 = {one.source for one in fines.gas5}
    for source in {law.margins["BE"][-1].source} | collection | gas5:
        assert source_in(language, source) != source
        assert source_in("en", source) == source
    assert source_in(language, "a zone's own decision") == "a zone's own decision"


def test_every_word_that_a_case_can_say_is_translated() -> None:
    fines = shipped_law().fines["BE"]
    rows = [row.conditions for row in fines.collection] + [row.conditions for row in fines.gas5]
    conditions = {one for row in rows for one in row}
    cleared = {"stayed", "u_turn", "seen_inside", "outside_hours", "always", "look_alike_always"}
    cleared |= {"admitted", "look_alike_admitted"}
    said = {*CaseClass, *LimitSource, *VehicleClass, *LockReason, *ZoneReason, *AdmissionReason}
    for language in LANGUAGES:
        words = Words(language)
        unknown = [one for one in {*said, *conditions} - cleared if one not in words]
        assert unknown == []


def test_an_expired_certificate_is_said_to_be(facts: Facts) -> None:
    certificate = CertificateFacts(
        device="d", approval="a", verified_until=date(2026, 3, 1), held_on_the_day=False
    )
    expired = facts.model_copy(update={"certificate": certificate})
    assert "NIET GELDIG op de dag van de feiten" in text_of(report(expired, {}, "nl"))


def test_a_correction_stands_beside_what_was_read(facts: Facts) -> None:
    fixed = CorrectionFacts(plate="1ABC235", account="officer", at=T0)
    entry = facts.passages[0].model_copy(update={"corrections": (fixed,)})
    told = text_of(
        report(facts.model_copy(update={"passages": (entry, *facts.passages[1:])}), {}, "nl")
    )
    assert "1ABC235 (officer" in told
    assert told.count(PLATE) > 2


def test_a_missing_picture_leaves_its_place_and_says_so(facts: Facts) -> None:
    assert text_of(report(facts, {}, "nl")).count("beeld ontbreekt") == 4


def test_what_paper_cannot_show_does_not_stop_a_report(facts: Facts) -> None:
    location = facts.location.model_copy(update={"road": "Ćuprija ≥ 5 😀 é"})
    assert "é" in text_of(report(facts.model_copy(update={"location": location}), {}, "nl"))


def test_the_same_case_gives_the_same_paper(facts: Facts, pictures: Pictures) -> None:
    copies = show(facts, pictures).copies
    assert report(facts, copies, "nl") == report(facts, copies, "nl")


def test_a_package_holds_the_report_and_a_row_for_the_traffic_service(
    facts: Facts, pictures: Pictures, ring: KeyRing
) -> None:
    files = unpack(package(facts, pictures, ring.signer(), SIGNED_AT))
    assert files["report.pdf"].startswith(b"%PDF-")
    (row,) = csv.DictReader(io.StringIO(files["case.csv"].decode(), newline=""))
    assert (row["plate"], row["corrected_kmh"], row["pv_number"]) == (
        PLATE, "83", "AN.90.L6.001234/2026",
    )  # fmt: skip


def test_every_kind_of_case_has_the_same_columns(engine: Engine, pictures: Pictures) -> None:
    for event in (speeding(), truck_through(), entered()):
        assert tuple(row_of(facts_of(engine, pictures, event))) == COLUMNS


def test_no_cell_is_taken_for_a_formula(facts: Facts) -> None:
    row = {**row_of(facts), "road": "=1+1", "reason": "-x"}
    (read,) = csv.DictReader(io.StringIO(csv_of([row]).decode(), newline=""))
    assert (read["road"], read["reason"]) == ("'=1+1", "'-x")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_written_one_after_the_other_are_the_json_of_all(facts: Facts, count: int) -> None:
    rows = [{**row_of(facts), "road": f"a\nb {number}"} for number in range(count)]
    made = io.BytesIO()
    write_json(rows, made)
    assert made.getvalue() == written(rows)


def test_a_batch_is_a_list_over_as_many_pages_as_it_takes(facts: Facts) -> None:
    pdf = summary([row_of(facts)] * 120, zone_site().site, datetime(2026, 3, 9, tzinfo=UTC), "nl")
    told = text_of(pdf)
    assert "02/03/2026 09:00:00" in told, "the zone's own time, as the reports have it"
    assert "Aantal dossiers: 120" in told
    assert told.count(PLATE) == 120
    assert "blz. 3" in told
