"""The OpenAPI document says all that the camera routes take and answer."""

import json
import re
from typing import Any

import pytest

from ingest.documents import inlined
from tests.ingest.kit import Zone

ROUTES = {
    "frames": {"image/jpeg", "multipart/form-data"},
    "reads": {"application/json"},
    "heartbeat": {"application/json"},
}
ANSWERS = {"202", "401", "403", "404", "408", "413", "415", "422", "429", "503"}


@pytest.fixture(scope="module")
def document() -> Any:
    return Zone().app.openapi()


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_names_its_bodies_its_answers_and_both_ways_to_show_a_token(
    document: Any, route: str
) -> None:
    operation = document["paths"][f"/v1/cameras/{{camera}}/{route}"]["post"]
    assert set(operation["requestBody"]["content"]) == ROUTES[route]
    assert set(operation["responses"]) == ANSWERS
    assert operation["security"] == [{"cameraToken": []}, {"cameraBasic": []}]
    for status in ("429", "503"):
        assert "Retry-After" in operation["responses"][status]["headers"]


def test_a_frames_headers_are_documented(document: Any) -> None:
    parameters = document["paths"]["/v1/cameras/{camera}/frames"]["post"]["parameters"]
    assert {one["name"] for one in parameters} == {
        "camera",
        "x-captured-at",
        "x-vehicle-class",
        "x-vehicle-height-m",
        "x-lane",
        "x-direction",
        "x-speed-kmh",
    }
    assert all(one["description"] for one in parameters)


def test_every_reference_in_the_document_leads_somewhere(document: Any) -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_a_read_is_documented_field_by_field(document: Any) -> None:
    body = document["paths"]["/v1/cameras/{camera}/reads"]["post"]["requestBody"]
    one, many = body["content"]["application/json"]["schema"]["oneOf"]
    assert one["required"] == ["camera", "captured_at", "plate"]
    assert many["items"] == one
    assert "truck" in json.dumps(one["properties"]["vehicle"])


def test_definitions_are_written_where_they_are_used() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/A", "default": 1}, "b": [{"$ref": "#/$defs/B"}]},
        "$defs": {"A": {"items": {"$ref": "#/$defs/B"}}, "B": {"type": "string"}},
    }
    assert inlined(schema) == {
        "properties": {
            "a": {"items": {"type": "string"}, "default": 1},
            "b": [{"type": "string"}],
        }
    }
