"""Hits, cases, accesses, alerts, figures, cameras and lists by the API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from anpr.lists import Entry, Lists, PlateList
from anpr.time import rfc3339, to_us
from sinks.store.audit import latest_audit
from sinks.store.engine import writing
from sinks.store.rights import Role
from sinks.store.schema import counts, travel_times
from tests.console.zone import (
    NOW,
    Zone,
    access,
    camera_state,
    hit,
    lock_transit,
    passage,
    transit,
)

MINUTE = timedelta(minutes=1)


def get(zone: Zone, client: httpx.Client, path: str, role: Role, **params: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {zone.token(role)}"}
    answer = client.get(path, params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_hits_are_given_newest_first_and_audited(zone: Zone, client: httpx.Client) -> None:
    old, new = passage("old", at=NOW - 9 * MINUTE), passage("new", at=NOW - MINUTE)
    gone = passage("gone")
    zone.store([old, new], [hit(old), hit(new), hit(gone, withdrawn=True)])
    told = get(zone, client, "/api/hits", Role.PATROL)
    assert [one["passages"] for one in told["hits"]] == [[new.id], [old.id]]
    assert told["next"] is None
    with zone.engine.connect() as connection:
        record = latest_audit(connection, 1)[0]
    assert (record.action, record.results) == ("hit", 2)


def test_hits_can_be_of_one_list_and_period(zone: Zone, client: httpx.Client) -> None:
    causes = [passage(str(number), at=NOW - number * MINUTE) for number in range(1, 5)]
    events = [hit(one, list="a" if number < 3 else "b") for number, one in enumerate(causes)]
    zone.store(causes, events)
    told = get(
        zone,
        client,
        "/api/hits",
        Role.PATROL,
        list="a",
        **{"from": rfc3339(NOW - 3 * MINUTE), "to": rfc3339(NOW - MINUTE)},
    )
    assert [one["at"] for one in told["hits"]] == ["2026-06-15T09:58:00Z", "2026-06-15T09:57:00Z"]


def _transits(zone: Zone) -> None:
    entry, exit_ = passage("in"), passage("out", camera="zuid")
    other = passage("other", camera="zuid")
    cancelled = transit(entry, other, verdict="cancelled", reason="look_alike", case_class="none")
    zone.store([], [transit(entry, exit_), cancelled])


def test_a_lock_that_asks_too_often_holds_its_questions_back(
    zone: Zone, client: httpx.Client
) -> None:
    seen = [passage(str(number)) for number in range(3)]
    zone.store(seen, [lock_transit(seen[0], one, verdict="review") for one in seen])
    officer = Role.TRAFFIC_OFFICER
    always = {"from": "2026-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}
    told = get(zone, client, "/api/locks", officer, verdict="review", **always)
    assert told["locks"] == []
    assert [(day["lock"], day["reviews"], day["most"]) for day in told["unfit"]] == [
        ("relst", 3, 2)
    ]
    other = get(zone, client, "/api/locks", officer, verdict="review", lock="elsewhere")
    assert (other["locks"], other["unfit"]) == ([], [])


def test_violations_on_sections_in_a_row_are_one_case(zone: Zone, client: httpx.Client) -> None:
    one, two, three = (passage(name, at=NOW - MINUTE) for name in ("one", "two", "three"))
    first = transit(one, two)
    second = transit(two, three, section="n16", amount_eur=83)
    zone.store([one, two, three], [first, second])
    told = get(zone, client, "/api/violations", Role.TRAFFIC_OFFICER, section="n177")
    assert [found["id"] for found in told["violations"]] == [first.id]
    (case,) = told["cases"]
    assert (case["leading"], set(case["transits"])) == (second.id, {first.id, second.id})


def test_a_case_tells_what_it_said_before(zone: Zone, client: httpx.Client) -> None:
    cause = passage("one")
    case = lock_transit(cause, cause)
    zone.store([cause], [case])
    zone.store([], [lock_transit(cause, cause, revision=9, verdict="exempt", reason="permit")])
    told = get(zone, client, f"/api/events/{case.id}/history", Role.TRAFFIC_OFFICER)
    assert [one["event"]["verdict"] for one in told["before"]] == [case.verdict]
    with zone.engine.connect() as connection:
        record = latest_audit(connection, 1)[0]
    assert (record.action, record.results) == ("event_history", 1)


@pytest.mark.parametrize(
    ("params", "verdicts"),
    [
        ({}, ["violation"]),
        ({"verdict": "cancelled"}, ["cancelled"]),
        ({"section": "n177"}, ["violation"]),
        ({"section": "elsewhere"}, []),
    ],
)
def test_violations_are_what_the_verdict_says(
    zone: Zone, client: httpx.Client, params: dict[str, str], verdicts: list[str]
) -> None:
    _transits(zone)
    told = get(zone, client, "/api/violations", Role.TRAFFIC_OFFICER, **params)
    assert [one["verdict"] for one in told["violations"]] == verdicts


def test_locks_and_accesses_are_given_by_their_verdict(zone: Zone, client: httpx.Client) -> None:
    entry, exit_, late = passage("in"), passage("out"), passage("late")
    unsure = lock_transit(entry, late, verdict="review", reason="no_class")
    zone.store([], [lock_transit(entry, exit_), unsure, access(exit_)])
    officer = Role.TRAFFIC_OFFICER
    through = get(zone, client, "/api/locks", officer)["locks"]
    review = get(zone, client, "/api/locks", officer, verdict="review")["locks"]
    assert [one["verdict"] for one in through + review] == ["through", "review"]
    assert len(get(zone, client, "/api/accesses", officer)["accesses"]) == 1


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/violations", {"verdict": "ok"}),
        ("/api/locks", {"verdict": "local"}),
        ("/api/accesses", {"decision": "allow"}),
    ],
)
def test_whoever_behaved_is_in_no_list_of_cases(
    zone: Zone, client: httpx.Client, path: str, params: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {zone.token(Role.TRAFFIC_OFFICER)}"}
    answer = client.get(path, params=params, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", *params]


def test_events_come_in_pages(zone: Zone, client: httpx.Client) -> None:
    causes = [passage(str(number), at=NOW - number * MINUTE) for number in range(3)]
    zone.store([], [hit(one) for one in causes])
    first = get(zone, client, "/api/hits", Role.PATROL, limit=2)
    second = get(zone, client, "/api/hits", Role.PATROL, limit=2, after=first["next"])
    seen = [one["passages"][0] for one in first["hits"] + second["hits"]]
    assert seen == [one.id for one in causes]
    assert second["next"] is None


def test_alerts_tell_whether_they_still_stand(zone: Zone, client: httpx.Client) -> None:
    first, second = hit(passage("a")), hit(passage("b"))
    numbers = [zone.raise_alert(first), zone.raise_alert(second)]
    zone.recall(first)
    told = get(zone, client, "/api/alerts", Role.DISPATCHER)
    assert [(one["id"], one["state"]) for one in told["alerts"]] == [
        (numbers[1], "open"),
        (numbers[0], "recalled"),
    ]
    assert told["alerts"][0]["event"]["kind"] == "hit"
    older = get(zone, client, "/api/alerts", Role.DISPATCHER, before=numbers[1])
    assert [one["id"] for one in older["alerts"]] == numbers[:1]


def test_counts_add_up_in_the_window_asked_for(zone: Zone, client: httpx.Client) -> None:
    start = NOW - timedelta(hours=2)
    rows = [
        {"camera": "noord", "lane": lane, "class": kind, "count": 2, "start_us": to_us(at)}
        for lane, kind in ((1, "car"), (-1, "unknown"))
        for at in (start, start + 5 * MINUTE, start + timedelta(hours=1))
    ]
    with writing(zone.engine) as connection:
        connection.execute(insert(counts), rows)
    told = get(zone, client, "/api/statistics/counts", Role.STATISTICS, window_s=3600)
    table = [(one["start"], one["lane"], one["class"], one["count"]) for one in told["counts"]]
    assert table == [
        ("2026-06-15T08:00:00Z", None, None, 4),
        ("2026-06-15T08:00:00Z", 1, "car", 4),
        ("2026-06-15T09:00:00Z", None, None, 2),
        ("2026-06-15T09:00:00Z", 1, "car", 2),
    ]
    fine = get(zone, client, "/api/statistics/counts", Role.STATISTICS, camera="noord")
    assert len(fine["counts"]) == 6


def test_travel_times_are_given_per_section(zone: Zone, client: httpx.Client) -> None:
    figures = {"section": "n177", "median_s": 61.5, "p85_s": 80.0}
    rows = [
        {**figures, "start_us": to_us(NOW - minutes * MINUTE), "n": n, "fuzzy": 1}
        for minutes, n in ((5, 5), (10, 4))
    ]
    with writing(zone.engine) as connection:
        connection.execute(insert(travel_times), rows)
    told = get(zone, client, "/api/statistics/travel-times", Role.STATISTICS)
    assert told["travel_times"] == [
        {"section": "n177", "start": "2026-06-15T09:00:00Z", "n": None, "median_s": None,
         "p85_s": None, "fuzzy_share": None, "suppressed": True},
        {"section": "n177", "start": "2026-06-15T09:50:00Z", "n": None, "median_s": None,
         "p85_s": None, "fuzzy_share": None, "suppressed": True},
        {"section": "n177", "start": "2026-06-15T09:55:00Z", "n": 5, "median_s": 61.5,
         "p85_s": 80.0, "fuzzy_share": 0.2, "suppressed": False},
    ]  # fmt: skip


def test_a_camera_shows_its_newest_state(zone: Zone, client: httpx.Client) -> None:
    zone.store(
        [passage("a", at=NOW - MINUTE)],
        [
            camera_state("noord", "down", NOW - 9 * MINUTE, "silent"),
            camera_state("noord", "up", NOW - 2 * MINUTE, "heard"),
        ],
    )
    noord, zuid = get(zone, client, "/api/cameras", Role.OPERATOR)["cameras"]
    assert (noord["state"], noord["reason"]) == ("up", "heard")
    assert noord["last_passage_at"] == "2026-06-15T09:59:00Z"
    assert (zuid["state"], zuid["last_passage_at"]) == (None, None)


def test_lists_show_their_newest_version_and_looking_is_audited(
    zone: Zone, client: httpx.Client
) -> None:
    entry = Entry(id="9", plate_pattern="1NEW???", match_mode="wildcard")
    zone.lists.add(PlateList("gestolen", 4, NOW, [entry]))
    summary = get(zone, client, "/api/lists", Role.INVESTIGATOR)["lists"]
    (summed,) = summary
    assert (summed["name"], summed["version"], summed["entries"]) == ("gestolen", 4, 1)
    assert (summed["permits"], summed["false_alerts_per_day"]) == (False, None)
    told = get(zone, client, "/api/lists/gestolen", Role.INVESTIGATOR)
    assert [one["plate_pattern"] for one in told["content"]] == ["1NEW???"]
    with zone.engine.connect() as connection:
        assert latest_audit(connection, 1)[0].action == "list"


def test_an_unknown_list_is_not_there(zone: Zone, client: httpx.Client) -> None:
    zone.lists = Lists()
    headers = {"Authorization": f"Bearer {zone.account('an', Role.INVESTIGATOR)}"}
    assert client.get("/api/lists/nothing", headers=headers).status_code == 404


def test_a_number_too_big_for_the_store_is_refused_not_fatal(
    zone: Zone, client: httpx.Client
) -> None:
    headers = {"Authorization": f"Bearer {zone.account('an', Role.DISPATCHER)}"}
    for path in (f"/api/alerts?before={2**63}", f"/api/hits?after={10**19}.x"):
        assert client.get(path, headers=headers).status_code == 422


def test_health_readiness_and_metrics_need_no_account(zone: Zone, client: httpx.Client) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").status_code == 200
    zone.checks["log"] = "the disk is full"
    failing = client.get("/readyz")
    assert failing.status_code == 503
    assert failing.json()["checks"] == {"store": "ok", "log": "the disk is full"}
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "anpr_console_streams" in metrics.text


@pytest.mark.parametrize(
    "address", ["/api/hits?list=%00", "/api/violations?section=a%00", "/api/passages/%00"]
)
def test_a_name_that_no_database_keeps_is_refused(
    zone: Zone, client: httpx.Client, address: str
) -> None:
    token = zone.account("eva", Role.INVESTIGATOR, Role.TRAFFIC_OFFICER)
    answer = client.get(address, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 422
