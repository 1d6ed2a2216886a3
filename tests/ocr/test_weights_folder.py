"""An operator's own networks: taken in whole and recorded, or not at all."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fast_plate_ocr.inference import hub

from anpr.errors import ModelError
from ocr.reader import still_reader
from ocr.weights import CARD, DETECTOR, RECOGNISER, RECOGNISER_CONFIG, SHIPPED, Weights
from ocr.weights_folder import fetch_folder, make_folder
from tests.ocr.makers import street


def test_a_given_network_is_copied_and_recorded_beside_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "mine.onnx"
    own.write_bytes((SHIPPED / DETECTOR).read_bytes())
    weights = make_folder(tmp_path / "made", detector=own)
    own.unlink()
    assert weights.file(DETECTOR).parent == tmp_path / "made"
    assert weights.card.detector == Weights().card.detector
    assert weights.card.recogniser == Weights().card.recogniser


def test_the_figures_of_another_recogniser_are_neutral(tmp_path: Path) -> None:
    weights = make_folder(
        tmp_path / "made",
        recogniser=SHIPPED / RECOGNISER,
        plate_config=SHIPPED / RECOGNISER_CONFIG,
    )
    assert weights.card.recogniser.sharpness == 1.0


@pytest.mark.parametrize("content", [None, b"no network"])
def test_what_cannot_be_run_leaves_no_folder(tmp_path: Path, content: bytes | None) -> None:
    own = tmp_path / "mine.onnx"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(ModelError):
        make_folder(tmp_path / "made", detector=own)
    assert sorted(tmp_path.iterdir()) == ([own] if content is not None else [])


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="exists"):
        make_folder(tmp_path, detector=SHIPPED / DETECTOR)


def test_a_recogniser_without_its_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give both"):
        make_folder(tmp_path / "made", recogniser=SHIPPED / RECOGNISER)


def test_damage_after_the_making_is_found(tmp_path: Path) -> None:
    made = make_folder(tmp_path / "made", detector=SHIPPED / DETECTOR).folder
    (made / RECOGNISER).write_bytes(b"")
    with pytest.raises(ModelError, match="damaged"):
        still_reader(weights=Weights(made))


@pytest.fixture
def hub_server() -> Iterator[str]:
    """Serve the shipped weights as a hub would."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(SHIPPED))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.model
def test_a_recogniser_of_the_hub_is_fetched_on_request(
    tmp_path: Path, hub_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name: hub.OcrModel = "cct-xs-v1-global-model"
    files = (f"{hub_server}/{RECOGNISER}", f"{hub_server}/{RECOGNISER_CONFIG}")
    monkeypatch.setitem(hub.AVAILABLE_ONNX_MODELS, name, files)
    weights = fetch_folder(tmp_path / "made", name)
    assert (tmp_path / "made" / CARD).is_file()
    (found, *_) = still_reader(weights=weights).read_image(street("1-ABC-123", 140))
    assert found.reading.plate == "1ABC123"


def test_a_hub_out_of_reach_says_what_works_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name: hub.OcrModel = "cct-xs-v1-global-model"
    nowhere = "http://127.0.0.1:1/a.onnx"
    monkeypatch.setitem(hub.AVAILABLE_ONNX_MODELS, name, (nowhere, nowhere))
    with pytest.raises(ModelError, match="anpr models add"):
        fetch_folder(tmp_path / "made", name)
    with pytest.raises(ModelError, match="choose from"):
        fetch_folder(tmp_path / "made", "no-such-model")
