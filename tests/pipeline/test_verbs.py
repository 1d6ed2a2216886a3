"""Verbs are loaded when they are called, each with no more than it needs."""

import importlib
import pkgutil
import subprocess
import sys

import typer
from typer.testing import CliRunner

import pipeline.commands
from pipeline.cli import VERBS, app

NETWORKS = {"cv2", "onnxruntime", "fast_plate_ocr"}


def test_every_verb_is_found_where_it_is_made() -> None:
    made: dict[str, str] = {}
    for module in pkgutil.iter_modules(pipeline.commands.__path__):
        register = getattr(
            importlib.import_module(f"pipeline.commands.{module.name}"), "register", None
        )
        if register is not None:
            family = typer.Typer()
            register(family)
            made |= dict.fromkeys(typer.main.get_group(family).commands, module.name)
    assert made == dict(VERBS)


def test_help_names_every_verb() -> None:
    said = CliRunner().invoke(app, ["--help"])
    assert said.exit_code == 0
    for verb in VERBS:
        assert f"  {verb} " in said.stdout


def test_an_unknown_verb_is_wrong_usage() -> None:
    assert CliRunner().invoke(app, ["dance"]).exit_code == 2


def loaded_by(family: str) -> set[str]:
    code = f"import sys, pipeline.cli, pipeline.commands.{family} as _; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_what_needs_no_running_zone_loads_no_servers_and_no_networks() -> None:
    servers = {"kafka", "sqlalchemy", "alembic", "fastapi"}
    assert not loaded_by("offline") & (servers | NETWORKS)


def test_a_process_loads_the_networks_only_where_it_reads() -> None:
    assert not loaded_by("zone") & NETWORKS
