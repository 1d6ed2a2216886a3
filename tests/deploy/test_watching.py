"""Prometheus and Grafana ask for what the processes really tell."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import console.metrics
import ingest.metrics
import pipeline.watch
import sinks.cases.deadlines
import sinks.delivery.courier
from deploy.compose import COMPOSE, read_compose

ROOT = COMPOSE.parent / "deploy"
TELLING = (
    *(console.metrics, ingest.metrics, pipeline.watch),
    *(sinks.cases.deadlines, sinks.delivery.courier),
)
"""The modules that register what is told; the watch brings the stages' own."""

OTHERS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Told by every process on Linux."""


def told() -> set[str]:
    """Name every series that the processes tell."""
    names = set(OTHERS)
    for family in REGISTRY.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return names


def dashboard() -> Any:
    return json.loads((ROOT / "grafana" / "dashboards" / "zone.json").read_text("utf-8"))


def alert_rules() -> list[Any]:
    document = yaml.safe_load((ROOT / "alerts.yml").read_text("utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (rule["expr"] for rule in alert_rules())


@pytest.mark.parametrize("expression", list(expressions()))
def test_what_is_asked_for_is_told(expression: str) -> None:
    asked = set(re.findall(r"\b(?:anpr|process)_[a-z_]+", expression))
    assert asked <= told()
    assert expression.count("(") == expression.count(")")


def test_the_dashboard_shows_lags_ages_rates_rebuilds_dead_letters_and_silence() -> None:
    shown = " ".join(expressions())
    for name in (
        "anpr_stage_lag", "anpr_stage_oldest_unread_seconds", "anpr_stage_messages_total",
        "anpr_stage_rebuild_seconds_bucket", "anpr_dead_letters_total",
        "anpr_camera_silence_seconds",
    ):  # fmt: skip
        assert name in shown


def test_no_panel_lies_over_another_and_each_has_its_own_number() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_the_dashboard_asks_the_data_source_that_is_provisioned() -> None:
    folder = ROOT / "grafana" / "provisioning"
    document = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text("utf-8"))
    (source,) = document["datasources"]
    assert {panel["datasource"]["uid"] for panel in dashboard()["panels"]} == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"


def test_prometheus_asks_every_service_of_ours() -> None:
    document = yaml.safe_load((ROOT / "prometheus.yml").read_text("utf-8"))
    (jobs,) = [one for one in document["scrape_configs"] if one["job_name"] == "anpr"]
    asked = jobs["dns_sd_configs"][0]["names"]
    assert asked == [service.name for service in read_compose() if service.is_ours]


def test_every_alert_says_whom_it_calls_and_what_is_wrong() -> None:
    for rule in alert_rules():
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert rule["annotations"]["summary"]


def test_the_runbook_says_what_to_do_about_every_alert() -> None:
    runbook = (ROOT.parent / "docs" / "operations.md").read_text("utf-8")
    assert [rule["alert"] for rule in alert_rules() if f"`{rule['alert']}`" not in runbook] == []
