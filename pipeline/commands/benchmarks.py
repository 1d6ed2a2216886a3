"""`anpr bench NAME`: every module of `bench` is one, loaded when it is asked for."""

import ast
import importlib
from pathlib import Path
from typing import Any

import typer


class Benchmarks(typer.core.TyperGroup):
    """Finds the benchmarks by their files; each `main` declares its own arguments."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name them."""
        return sorted(_modules())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one; None where there is none of this name."""
        if cmd_name not in _modules():
            return None
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(cmd_name)(importlib.import_module(f"bench.{cmd_name}").main)
        return typer.main.get_command(one)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List them by the first line of their files: loading them all would take seconds."""
        with formatter.section("Benchmarks"):
            formatter.write_dl(
                [(name, _purpose(path)) for name, path in sorted(_modules().items())]
            )


def _modules() -> dict[str, Path]:
    folder = Path(importlib.import_module("bench").__path__[0])
    return {path.stem: path for path in folder.glob("*.py") if path.stem != "__init__"}


def _purpose(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
