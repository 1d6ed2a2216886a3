"""How answers are scored, before any network is asked."""

from pathlib import Path

import numpy as np
import pytest

from bench.ocr import main
from bench.reading.calibration import calibration_error, reliability
from bench.reading.labels import Label, LabelsError, read_labels
from bench.reading.peers import OWN_SIZE, missing, priors, resized
from bench.reading.report import Failure, page
from bench.reading.score import Answer, Outcome, Score, false_reads, standing
from ocr.image import encode
from ocr.ports import Box
from tests.ocr.makers import BLANK, street

PLATE = Label("1ABC123", Box(100, 100, 100, 22))
ON_IT, BESIDE = Box(95, 98, 110, 26), Box(400, 100, 100, 22)


def test_a_look_alike_is_right_only_when_folded() -> None:
    score = Score()
    score.add([PLATE], [Answer("1A8C123", 0.95, ON_IT)], 10.0)
    assert (score.exact, score.folded, score.confident) == (0.0, 1.0, 1.0)
    assert score.false == []


def test_the_surest_answer_on_a_plate_stands_for_it_and_none_beside_it() -> None:
    answers = [
        Answer("1ABC12", 0.4, ON_IT),
        Answer("1ABC123", 0.6, ON_IT),
        Answer("2XYZ789", 0.99, BESIDE),
    ]
    assert standing(PLATE, answers) == answers[1]
    assert standing(PLATE, answers[2:]) is None


@pytest.mark.parametrize(("confidence", "count"), [(0.899, 0), (0.9, 1), (0.95, 1)])
def test_a_confident_reading_of_no_label_is_false(confidence: float, count: int) -> None:
    assert len(false_reads([PLATE], [Answer("BAKERY", confidence, BESIDE)])) == count
    assert len(false_reads([], [Answer("BAKERY", confidence, BESIDE)])) == count


def test_a_plate_is_found_by_a_box_that_overlaps_it_by_half() -> None:
    score = Score()
    score.locate([PLATE, PLATE], [ON_IT])
    score.locate([PLATE], [BESIDE])
    assert score.recall == pytest.approx(2 / 3)


def test_claims_that_hold_have_no_calibration_error() -> None:
    claims = [(0.75, True), (0.75, True), (0.75, True), (0.75, False)]
    assert calibration_error(claims) == pytest.approx(0.0)
    assert [one.count for one in reliability(claims)] == [4]


def test_claims_that_are_never_right_are_wrong_by_all_they_claim() -> None:
    assert calibration_error([(0.9, False), (1.0, False)]) == pytest.approx(0.95)


def test_labels_say_every_problem_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    rows = "file,plate,x,y,w,h\na.jpg,1-ABC-123,1,2,3,4\na.jpg,X,1,2,0,4\nb.jpg,X,1,2,3,4\n"
    (tmp_path / "labels.csv").write_text(rows)
    with pytest.raises(LabelsError) as caught:
        read_labels(tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["line 3", "line 4"]


def test_labels_of_one_photograph_belong_together_and_a_bare_row_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.jpg").write_bytes(b"")
    rows = "file,plate,x,y,w,h\na.jpg,1-ABC-123,1,2,3,4\nb.jpg,,,,,\na.jpg,2-DEF-456,9,2,3,4\n"
    (tmp_path / "labels.csv").write_text(rows)
    found = {one.path.name: [label.plate for label in one.labels] for one in read_labels(tmp_path)}
    assert found == {"a.jpg": ["1ABC123", "2DEF456"], "b.jpg": []}


def test_the_report_shows_its_pictures_without_any_other_file() -> None:
    outcome = Outcome(PLATE, Answer("1ABC<23", 0.5))
    html = page("t", "s", {"ours": [Failure("a.jpg", BLANK, outcome, outcome.answer)]})
    assert 'src="data:image/jpeg;base64,' in html
    assert "1ABC&lt;23" in html
    assert "http" not in html


def test_the_reference_detector_takes_another_size_by_its_two_dimensions() -> None:
    fixed = bytes.fromhex("0a0308f0010a0308c002")
    model = b"before" + fixed + b"after"
    assert (
        resized(model, (640, 480)) == b"before" + bytes.fromhex("0a0308e0030a03088005") + b"after"
    )
    with pytest.raises(ValueError, match="May 2022"):
        resized(b"another file", (640, 480))


def test_the_reference_detector_has_an_anchor_for_each_of_its_outputs() -> None:
    assert priors(OWN_SIZE).shape == (4385, 4)


@pytest.mark.model
def test_without_the_reference_models_ours_are_measured_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert missing(tmp_path)
    (tmp_path / "a.jpg").write_bytes(encode(street("1-ABC-123", 140)))
    (tmp_path / "b.jpg").write_bytes(encode(np.full((240, 320, 3), 90, np.uint8)))
    rows = "file,plate,x,y,w,h\na.jpg,1ABC123,250,300,140,31\nb.jpg,,,,,\n"
    (tmp_path / "labels.csv").write_text(rows)
    main(tmp_path, reference=tmp_path, report=tmp_path / "report.html", runs=1)
    said = capsys.readouterr()
    assert "2 photographs, 1 plates, 1 photographs without any" in said.out
    assert "1.000" in said.out
    assert "lacks" in said.err
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
