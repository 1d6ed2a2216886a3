"""Exporting from the console: what is accepted becomes packages, and goes to its receivers."""

from collections.abc import Sequence

from console.context import Console
from console.problems import NothingHereError
from sinks.cases.exporting import Sent, export_cases
from sinks.store.people import Account


def export_accepted(console: Console, account: Account) -> tuple[Sequence[Sent], Sequence[Sent]]:
    """Export the accepted cases; give those that went, and those that did not with why.

    Raises NothingHereError where this process packs nothing, SigningKeyError.
    """
    if console.packer is None or console.packages is None:
        raise NothingHereError
    sent = list(
        export_cases(
            console.engine, console.site, console.packer, console.images, console.packages,
            account, console.now(),
        )
    )  # fmt: skip
    return [one for one in sent if one.path], [one for one in sent if not one.path]
