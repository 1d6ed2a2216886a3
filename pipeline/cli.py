"""The command line: `anpr VERB`. Exit 0: done; 1: failed; 2: wrong usage."""

import gc
import os
import sys

import typer

from anpr.errors import AnprError
from pipeline.commands import demo, doctor, limits, lists, offline, people, upkeep, zone

app = typer.Typer(
    name="anpr",
    help="Number plate recognition event pipeline for a local police zone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for family in (demo, zone, offline, upkeep, doctor):
    family.register(app)
app.add_typer(lists.app, name="hotlist")
app.add_typer(limits.app, name="limit")
app.add_typer(people.app, name="user")


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
