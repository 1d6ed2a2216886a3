"""`anpr case`: what the console does with cases, for scripts, with the same checks and audit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from anpr.sites import Site
from anpr.time import rfc3339
from pipeline.clock import now
from pipeline.commands.opening import acting_account, opened_store, site_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, err, out, say
from pipeline.wiring import IMAGES, PACKAGES, packer_of, secret_resolver
from sinks.cases.deadlines import deadline_of
from sinks.cases.deciding import Acceptance, Desk, Registry, Seen, leads
from sinks.cases.exporting import count_accepted, export_cases
from sinks.cases.ledger import Case, case_by_id, find_cases
from sinks.cases.life import Reason, State, reason_of
from sinks.images import FolderImages
from sinks.store.audit import record_audit
from sinks.store.people import Account
from sinks.store.questions import Cursor
from sinks.store.rights import Right

app = typer.Typer(no_args_is_help=True, help="Cases, from candidate to what the receiver says.")

PAGE = 500

COLUMNS = ("export", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

CaseId = Annotated[str, typer.Argument(metavar="ID", help="The case, as `anpr case list` has it.")]
Plate = Annotated[str, typer.Option(help="The plate that you see on the pictures.")]
Note = Annotated[str, typer.Option(help="What else should be known.")]


@dataclass(frozen=True, slots=True)
class _Opened:
    account: Account
    desk: Desk
    site: Site


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="case")


@app.command("list")
def list_(
    data: DataFolder = DEFAULT_DATA,
    state: Annotated[list[State] | None, typer.Option(help="Only these; may be repeated.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a case.")] = False,
) -> None:
    """List the cases, newest first (as the account of ANPR_TOKEN).

    Sections in a row are one case, the highest. Scripts see a candidate's plate; on the pages it is
    hidden until an officer has typed what the pictures show.
    """
    with _opened(data) as at:
        found = [_told(one, at.site) for one in _all(at.desk, state or [])]
        query = {"states": state or []}
        record_audit(
            at.desk.engine, at.account, "case_list", now(), query=query, results=len(found)
        )
    if as_json:
        for one in found:
            print(json.dumps(one))
        return
    table = Table("id", "plate", "what", "where", "at", "state", "reason", "deadline")
    for one in found:
        shown = ("id", "plate", "kind", "subject", "at", "state", "reason", "deadline")
        table.add_row(*(str(one[name]) for name in shown))
    out.print(table)


@app.command()
def accept(
    case: CaseId,
    plate: Plate,
    reason: Annotated[
        str, typer.Option(help="Why the case stands although a picture is missing.")
    ] = "",
    registry: Annotated[
        Registry, typer.Option(help="What the registry says of make and colour.")
    ] = Registry.NOT_CONSULTED,
    pv_number: Annotated[str, typer.Option("--pv", help="The number of the report.")] = "",
    service_number: Annotated[str, typer.Option("--service", help="Your service number.")] = "",
    note: Note = "",
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Review a case by the plate you see, and accept it (as the account of ANPR_TOKEN).

    Another plate than the case's own rejects it, with exit code 1.
    """
    with _opened(data) as at:
        found = at.desk.review(at.account, case, _seen(at.desk, case), plate, note)
        if found.state is State.REJECTED:
            say(f"case {case}: the plate you typed is not the case's own; it is rejected (differs)")
            raise typer.Exit(1)
        adding = Acceptance(registry, pv_number, service_number, reason, note)
        found = at.desk.accept(at.account, case, Seen(found.version), adding)
    say(f"case {case}: {found.state}")


@app.command()
def reject(
    case: CaseId,
    plate: Annotated[str, typer.Option(help="The plate that you see, where you see one.")] = "",
    reason: Annotated[
        str, typer.Option(help=f"One of {', '.join(Reason)}; any other text is a note.")
    ] = "",
    note: Note = "",
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Reject a case (as the account of ANPR_TOKEN).

    Without a reason: `differs` where you typed another plate than the case's own, or `dismissed`.
    """
    with _opened(data) as at:
        seen = _seen(at.desk, case)
        if reason:
            coded, more = reason_of(reason)
        else:
            coded, more = at.desk.plain_reason(case, plate), ""
        found = at.desk.reject(at.account, case, seen, coded, plate, note or more)
    say(f"case {case}: {found.state} ({found.reason})")


@app.command()
def export(
    out_: Annotated[Path, typer.Option("--out", help="Where the packages go.")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Write a package of each accepted case (as the account of ANPR_TOKEN).

    Beside them their rows as CSV and JSON, and their list as PDF. Whatever interrupts it, the next
    export goes on where it ended. Exit 1: some could not be packed, and stay accepted.
    """
    with _opened(data) as at:
        with at.desk.engine.connect() as connection:
            count = count_accepted(connection)
        packer = packer_of(at.site, data, secret_resolver())
        went = export_cases(
            at.desk.engine,
            at.site,
            packer,
            at.desk.images,
            data / PACKAGES,
            at.account,
            now(),
            out_,
        )
        done, failed = 0, 0
        with Progress(*COLUMNS, console=err) as progress:
            for one in progress.track(went, total=count, description="export"):
                if one.path is None:
                    failed += 1
                    say(f"case {one.case}: {one.problem}")
                else:
                    done += 1
                    print(out_ / one.path.name)
    say(f"{done} cases exported" + (f", {failed} not" if failed else ""))
    if failed:
        raise typer.Exit(1)


@contextmanager
def _opened(data: Path) -> Iterator[_Opened]:
    site = site_of(data)
    with opened_store(data) as engine:
        account = acting_account(engine, Right.CASES)
        yield _Opened(account, Desk(engine, site, FolderImages(data / IMAGES), now), site)


def _seen(desk: Desk, case: str) -> Seen:
    with desk.engine.connect() as connection:
        found = case_by_id(connection, case)
    return Seen(found.version, found.revision)


def _all(desk: Desk, states: list[State]) -> Iterator[Case]:
    cursor: Cursor | None = None
    with desk.engine.connect() as connection:
        while True:
            found = find_cases(connection, PAGE, states=states, after_=cursor)
            yield from (one for one in found if leads(connection, one))
            if len(found) < PAGE:
                return
            cursor = Cursor.after(found[-1])


def _told(case: Case, site: Site) -> dict[str, object]:
    deadline = deadline_of(case, site, now())
    return {
        "id": case.id,
        "plate": case.plate,
        "state": case.state.value,
        "reason": case.reason,
        "kind": case.kind,
        "subject": case.subject,
        "at": rfc3339(case.at),
        "due": rfc3339(deadline.due),
        "deadline": deadline.state,
        "days_left": deadline.days_left,
        "version": case.version,
        "changed_by": case.changed_by or None,
    }
