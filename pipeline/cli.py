"""The command line: `anpr VERB`. Exit 0: done; 1: failed; 2: wrong usage."""

import gc
import importlib
import os
import sys
from types import MappingProxyType
from typing import Any

import typer

from anpr.errors import AnprError

VERBS = MappingProxyType(
    {
        "demo": "demo",
        "init": "zone",
        "run": "zone",
        "check": "offline",
        "read": "offline",
        "replay": "offline",
        "simulate": "offline",
        "hotlist": "lists",
        "limit": "limits",
        "statistics": "statistics",
        "user": "people",
        "patrol": "patrol",
        "models": "models",
        "doctor": "doctor",
        "audit": "audits",
        "verify": "evidence",
        "keys": "evidence",
        "case": "cases",
        "delivery": "delivery",
        "bench": "upkeep",
        "dead-letters": "upkeep",
        "reread": "upkeep",
        "retention": "upkeep",
        "visits": "upkeep",
    }
)
"""Every verb, and the module of `pipeline.commands` that has it."""


class Verbs(typer.core.TyperGroup):
    """Loads a verb's module when it is called: each needs another part of the product."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name them."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one; None where there is none of this name."""
        if cmd_name not in VERBS:
            return None
        family = typer.Typer(add_completion=False, rich_markup_mode=None)
        importlib.import_module(f"pipeline.commands.{VERBS[cmd_name]}").register(family)
        return typer.main.get_group(family).commands[cmd_name]


app = typer.Typer(
    cls=Verbs,
    name="anpr",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(help="Number plate recognition event pipeline for a local police zone.")
def anpr() -> None:
    """Hold the verbs together."""


def main() -> None:
    """Run the command line; what the product names as a failure is shown as its message."""
    os.umask(0o077)  # what we write holds plates and secrets
    # Messages and rows make no cycles: to look for some at every 700 of them takes a third of the
    # time of a stage, the more the more it remembers.
    gc.set_threshold(50_000, 20, 50)
    try:
        app()
    except AnprError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
