"""`anpr doctor`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.clock import now
from pipeline.commands.opening import mode_of
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, SiteFile, out
from pipeline.commands.zone import address, tls_files
from pipeline.doctor import Finding, Patient, Verdict, diagnose
from pipeline.settings import RunSettings
from pipeline.wiring import secret_resolver

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILURE: "red"}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(doctor)


def doctor(
    site: SiteFile,
    data: DataFolder = DEFAULT_DATA,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:8000",
    tls_cert: Annotated[Path | None, typer.Option(help="The server's certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
) -> None:
    """Check everything that a running zone needs, and say what to do about what is wrong.

    ANPR_KAFKA, ANPR_DATABASE and ANPR_ZONE say where a zone on many machines keeps its log and
    store. Exit 1 when something is wrong; warnings alone give 0.
    """
    host, port = address(listen)
    settings = RunSettings(
        data=data, mode=mode_of(os.environ), host=host, port=port, tls=tls_files(tls_cert, tls_key)
    )
    findings = diagnose(Patient(site, settings, now, secret_resolver()))
    out.print(table(findings))
    if any(finding.verdict is Verdict.FAILURE for finding in findings):
        raise typer.Exit(1)


def table(findings: Sequence[Finding]) -> Table:
    """Show findings, with what to do beneath each that is not well."""
    shown = Table("check", "verdict", "what was found", "what to do")
    for finding in findings:
        colour = COLOURS[finding.verdict]
        verdict = f"[{colour}]{finding.verdict}[/]"
        shown.add_row(finding.check, verdict, finding.told, finding.remedy)
    return shown
