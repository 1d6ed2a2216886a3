"""The OpenAPI document, tried out: whatever a client may send, nothing breaks."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema

from sinks.store.rights import Role
from tests.browser.scene import Scene
from tests.console.zone import Zone

pytestmark = pytest.mark.slow

Operation = APIOperation[Any, Any, Any, Any]

EXAMPLES = 15
"""A route; what is tried is the same at every run."""


@pytest.fixture
def schema(zone: Zone, scene: Scene) -> BaseSchema:
    zone.is_stopping = True  # so that streams end
    return schemathesis.openapi.from_asgi("/openapi.json", zone.app())


def operations(schema: BaseSchema) -> list[Operation]:
    found = list(schema.get_all_operations())
    assert all(isinstance(one, Ok) for one in found), "the document itself is sound"
    return [one.ok() for one in found if isinstance(one, Ok)]


def test_the_document_can_be_tried_without_breaking_anything(
    zone: Zone, schema: BaseSchema
) -> None:
    token = zone.account("everybody", *Role)
    headers = {"Authorization": f"Bearer {token}"}
    found = operations(schema)
    assert len(found) > 20
    for operation in found:
        _try(operation, headers)


def _try(operation: Operation, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def answered(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=[not_a_server_error])

    answered()
