"""What `anpr bench` offers by name."""

import ast
from pathlib import Path

import bench


def test_every_module_beside_the_packages_is_a_benchmark_that_runs() -> None:
    for path in Path(bench.__path__[0]).glob("[!_]*.py"):
        named = {getattr(one, "name", "") for one in ast.parse(path.read_text()).body}
        assert "main" in named, f"anpr bench {path.stem} cannot run"
