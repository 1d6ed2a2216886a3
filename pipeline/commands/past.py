"""`anpr hotlist past`: an entry of a list against the stored passages, as a search."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from anpr.errors import AnprError
from anpr.sites import Id
from console.context import Console
from console.past import PastQuestion, run_against_the_past
from console.problems import NothingHereError, SecondPersonError, UnlawfulError
from console.question import MOST_ROWS
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_log, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, GivenSite
from pipeline.controls import Controls, publish_list
from pipeline.wiring import IMAGES, VAULT
from sinks.images import FolderImages
from sinks.store.people import Account
from sinks.store.rights import Purpose, Right
from sinks.store.vault import open_vault


class PastError(AnprError):
    """An entry cannot be run against the past. The message says why."""


def _list_name(name: str) -> str:
    try:
        return TypeAdapter(Id).validate_python(name)
    except ValidationError as error:
        msg = f"{name!r} names no list: write small letters, digits, '-', '_' and '.'"
        raise typer.BadParameter(msg) from error


ListName = Annotated[
    str,
    typer.Option("--list", metavar="NAME", help="The list's name.", callback=_list_name),
]


def past(
    plate_pattern: Annotated[str, typer.Argument(help="The entry, as the list writes it.")],
    list_name: ListName,
    purpose: Annotated[Purpose, typer.Option(help="What for.")],
    case_ref: Annotated[str, typer.Option(help="The case it is for.")],
    decision_ref: Annotated[
        str | None, typer.Option(help="The prosecutor's decision, beyond the first month.")
    ] = None,
    request: Annotated[
        int | None,
        typer.Option(help="The number of the request that a second person approved."),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="MOMENT")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="MOMENT")] = None,
    data: DataFolder = DEFAULT_DATA,
    site: GivenSite = None,
) -> None:
    """Run an entry against stored passages, one JSON a hit (as the account of ANPR_TOKEN).

    The same gate and audit as a search: a plate on the command line is in the shell's history, so
    write it as `-` to be asked for it.
    """
    zone = site_of(data, site)
    if plate_pattern == "-":
        plate_pattern = typer.prompt("Plate", err=True)
    with opened_store(data) as engine, opened_log(data, zone) as log:
        account = acting_account(engine, Right.SEARCH)
        console = Console(
            engine=engine,
            images=FolderImages(data / IMAGES),
            site=zone,
            lists=Controls(log).newest,
            now=now,
            ready=dict,
            publish=partial(publish_list, log),
            vault=open_vault(data / VAULT),
            secure_cookies=True,
        )
        for hit in _past_hits(
            console,
            account,
            list_name,
            {
                "plate_pattern": plate_pattern, "purpose": purpose, "case_ref": case_ref,
                "decision_ref": decision_ref, "from": since, "to": until, "limit": MOST_ROWS,
                "request": request,
            },
        ):  # fmt: skip
            print(json.dumps(hit, ensure_ascii=False))


def _past_hits(
    console: Console, account: Account, list_name: str, asked: dict[str, object]
) -> Iterator[Mapping[str, object]]:
    """Go through all pages. Raises BadParameter, PastError and AccessDeniedError."""
    after: str | None = None
    while True:
        try:
            question = PastQuestion.model_validate({**asked, "after": after})
            found = run_against_the_past(console, account, list_name, question)
        except ValidationError as error:
            wrong = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
            raise typer.BadParameter(wrong) from error
        except NothingHereError as error:
            msg = "the list has no such entry that you may see; write it as the list does"
            raise PastError(msg) from error
        except SecondPersonError as error:
            msg = (
                "another person must approve this first: post it to /api/requests, and give the"
                " number of the approved request with --request"
            )
            raise PastError(msg) from error
        except UnlawfulError as error:
            ruling = error.ruling
            msg = (
                f"these grounds open the store from {ruling.earliest:%Y-%m-%d} on ({ruling.reason})"
            )
            raise PastError(f"{msg}; change {ruling.field}") from error
        for hit in found.hits:
            passage = hit.passage.model_dump(mode="json")
            yield {
                "entry": hit.entry, "match": hit.match, "likelihood": hit.likelihood,
                "passage": passage,
            }  # fmt: skip
        if found.next is None:
            return
        after = found.next
