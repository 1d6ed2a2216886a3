"""What a section's dynamic signs display reaches `controls`, with the moment it holds from."""

import asyncio
from typing import Any

import httpx
import pytest

from anpr.signs import DisplayedLimit
from anpr.topics import CONTROLS
from tests.ingest.kit import NOON, SIGN_TOKEN, TOKEN, Zone


@pytest.fixture
def zone() -> Zone:
    return Zone()


def show(zone: Zone, body: Any, section: str = "n177", token: str = SIGN_TOKEN) -> httpx.Response:
    async def push() -> httpx.Response:
        async with zone.client() as client:
            return await client.post(
                f"/v1/sections/{section}/limit",
                headers={"authorization": f"Bearer {token}"},
                json=body,
            )

    return asyncio.run(push())


def kept(zone: Zone) -> list[DisplayedLimit]:
    records = zone.log.kept[CONTROLS]
    limits = [DisplayedLimit.model_validate_json(record.value) for record in records]
    assert [record.key for record in records] == [limit.key for limit in limits]
    return limits


def test_a_display_is_kept_with_its_moment(zone: Zone) -> None:
    answer = show(zone, {"limit_kmh": 50, "from": "2026-06-01T13:59:00+02:00"})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"section": "n177", "holds_from": "2026-06-01T11:59:00.000000Z"}
    (limit,) = kept(zone)
    assert (limit.section, limit.limit_kmh) == ("n177", 50)


def test_without_a_moment_it_holds_from_now_and_null_means_dark(zone: Zone) -> None:
    assert show(zone, {"limit_kmh": None}).status_code == 202
    (limit,) = kept(zone)
    assert (limit.holds_from, limit.limit_kmh) == (NOON, None)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"limit_kmh": 4}, {"limit_kmh": 201}, {"limit_kmh": "fast"}, [],
        {"limit_kmh": 50, "from": "2026-06-01T12:00:00"},
        {"limit_kmh": 50, "from": "2026-06-01T12:00:05.1Z"},
        {"limit_kmh": 50, "from": "2026-05-31T11:59:59.9Z"},
    ],
)  # fmt: skip
def test_what_cannot_be_displayed_is_refused(zone: Zone, body: Any) -> None:
    assert show(zone, body).status_code == 422
    assert kept(zone) == []


@pytest.mark.parametrize("moment", ["2026-06-01T12:00:05Z", "2026-05-31T12:00:00Z"])
def test_a_moment_a_little_ahead_or_up_to_a_day_back_is_taken(zone: Zone, moment: str) -> None:
    assert show(zone, {"limit_kmh": 50, "from": moment}).status_code == 202


@pytest.mark.parametrize(
    ("section", "token", "status"),
    [("n177", TOKEN, 401), ("n177", "", 401), ("n16", SIGN_TOKEN, 403), ("n99", SIGN_TOKEN, 404)],
)
def test_only_the_signs_of_a_section_speak_for_it(
    zone: Zone, section: str, token: str, status: int
) -> None:
    assert show(zone, {"limit_kmh": 50}, section, token).status_code == status
    assert kept(zone) == []
