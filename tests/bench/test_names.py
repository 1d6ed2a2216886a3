"""`anpr bench` knows its benchmarks by their files."""

from pathlib import Path

from typer.testing import CliRunner

import bench
from pipeline.cli import app


def test_every_benchmark_is_listed_with_what_it_measures() -> None:
    said = CliRunner().invoke(app, ["bench", "--help"])
    assert said.exit_code == 0
    for path in Path(bench.__path__[0]).glob("[a-z]*.py"):
        assert f"  {path.stem} " in said.stdout


def test_a_benchmark_declares_its_own_arguments() -> None:
    said = CliRunner().invoke(app, ["bench", "ocr", "--help"])
    assert "--reference" in said.stdout


def test_an_unknown_benchmark_is_wrong_usage() -> None:
    assert CliRunner().invoke(app, ["bench", "nothing"]).exit_code == 2
