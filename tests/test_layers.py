"""The layers hold, and the check that says so would notice if they did not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("anpr", "ingest", "ocr", "rules", "sinks", "console", "pipeline")
IMPORTLINTER = str(Path(sys.executable).with_name("lint-imports"))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [IMPORTLINTER, "--config", "pyproject.toml", "--no-cache"]
    return subprocess.run(  # noqa: S603 - our own command on our own files
        command, cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("*.onnx", "__pycache__"),
        )
    return tmp_path


def test_the_layers_hold(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("rules/section.py", "import sinks.images"),
        ("rules/lock.py", "import rules.section"),
        ("rules/zone.py", "import sqlite3"),
        ("anpr/plates.py", "import rules.rule"),
        ("sinks/images.py", "import pipeline.clock"),
    ],
)
def test_a_deliberate_violation_breaks_them(copy: Path, module: str, line: str) -> None:
    with (copy / module).open("a") as file:
        file.write(f"\n{line}\n")
    result = lint_imports(copy)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
