from pathlib import Path

import cv2
import pytest

from ocr.files import read_files
from ocr.image import encode
from ocr.reader import Reader, still_reader
from tests.ocr.makers import Script, approaching, numbered, once, read_as, street


def test_plates_come_surest_first(tmp_path: Path) -> None:
    seen = [(approaching(0), read_as("1XYZ789", 0.95)), (approaching(0, 250), read_as("1ABC123"))]
    script = Script({7: seen})
    (tmp_path / "a.jpg").write_bytes(numbered(7))
    reader = Reader(script, script, scales=once)
    (line,) = read_files([tmp_path / "a.jpg"], reader)
    assert line["file"] == str(tmp_path / "a.jpg")
    assert [one["plate"] for one in line["plates"]] == ["1ABC123", "1XYZ789"]
    assert line["plates"][0]["box"] == [230.0, 50.0, 40.0, 8.9]


def test_a_file_that_cannot_be_read_says_why_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "good.jpg").write_bytes(numbered(1))
    script = Script({})
    paths = [tmp_path / "absent.jpg", tmp_path, tmp_path / "bad.jpg", tmp_path / "good.jpg"]
    lines = list(read_files(paths, Reader(script, script, scales=once)))
    assert [bool(line.get("error")) for line in lines] == [True, True, True, False]
    assert all(line["plates"] == [] for line in lines)


@pytest.mark.model
def test_a_photograph_is_read_from_jpeg_and_png(tmp_path: Path) -> None:
    image = street("1-ABC-123")
    (tmp_path / "a.jpg").write_bytes(encode(image))
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    lines = read_files([tmp_path / "a.jpg", tmp_path / "a.png"], still_reader())
    assert [line["plates"][0]["plate"] for line in lines] == ["1ABC123", "1ABC123"]
