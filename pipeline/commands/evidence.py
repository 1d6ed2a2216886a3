"""`anpr verify` and `anpr keys`: check a package offline, and the keys that sign."""

from pathlib import Path
from typing import Annotated

import typer
from cryptography.x509 import load_pem_x509_certificate
from rich.table import Table

from pipeline.clock import now
from pipeline.commands.opening import site_of
from pipeline.commands.terminal import (
    DEFAULT_DATA,
    DataFolder,
    FileError,
    GivenSite,
    out,
    read_text,
    say,
)
from pipeline.wiring import KEYS, secret_resolver
from sinks.evidence.algorithms import ALGORITHMS, DEFAULT
from sinks.evidence.container import unpack
from sinks.evidence.keys import IDENTITY, TRUST, KeyRing, Revocation, TrustedKey, read_trust
from sinks.evidence.packing import outside_signer
from sinks.evidence.sealing import unseal
from sinks.evidence.verify import verify as verified

keys = typer.Typer(no_args_is_help=True, help="The keys that sign evidence packages.")

Algorithm = Annotated[str, typer.Option(help=f"One of {', '.join(ALGORITHMS)}.")]


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.command()(verify)
    verbs.add_typer(keys, name="keys")


def verify(
    packages: Annotated[list[Path], typer.Argument(metavar="PACKAGE.zip...")],
    trusted: Annotated[
        Path | None, typer.Option("--keys", help="The zone's trust list (`anpr keys export`).")
    ] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Check evidence packages offline: whether anything was changed, and by which key they are.

    Without --keys those of the data folder are believed, where there are any.
    """
    own = data / KEYS / TRUST
    given = trusted or (own if own.exists() else None)
    trust = None if given is None else read_trust(given)
    bad = 0
    for path in packages:
        found = verified(_bytes(path), trust)
        bad += not found.holds
        verdict = "holds" if found.holds else "DOES NOT HOLD"
        signer = f", signed by key {found.signed_by}" if found.signed_by else ""
        out.print(f"{path}: {verdict}{signer}", highlight=False, markup=False, soft_wrap=True)
        for line in (*found.problems, *found.notes):
            out.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    if bad:
        raise typer.Exit(1)


@keys.command()
def create(data: DataFolder = DEFAULT_DATA, algorithm: Algorithm = DEFAULT) -> None:
    """Make the first key, and the identity that opens sealed originals."""
    ring = KeyRing(data / KEYS)
    key = ring.create(now(), algorithm)
    ring.make_holder()
    _tell(key, data)
    say(f"Sealed originals are opened by {data / KEYS / IDENTITY}: keep it in a safe.")


@keys.command()
def rotate(data: DataFolder = DEFAULT_DATA, algorithm: Algorithm = DEFAULT) -> None:
    """Let a new key sign from now on; packages of the old ones stay good."""
    _tell(KeyRing(data / KEYS).rotate(now(), algorithm), data)


@keys.command()
def adopt(data: DataFolder = DEFAULT_DATA, site: GivenSite = None) -> None:
    """Let the key that the site file names (`[evidence] key`) sign from now on."""
    signer = outside_signer(site_of(data, site).evidence, secret_resolver())
    if signer is None:
        raise typer.BadParameter("the site file names no key under [evidence]")
    _tell(KeyRing(data / KEYS).adopt(signer, now()), data)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id.")],
    reason: Annotated[
        Revocation, typer.Option(help="Compromised: nothing that only itself says is older holds.")
    ] = "compromised",
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Say that nothing this key signs from now on is to be believed."""
    KeyRing(data / KEYS).revoke(key, reason, now())
    say(f"Key {key} is revoked ({reason}). Hand out the trust list anew: anpr keys export")


@keys.command("list")
def list_(data: DataFolder = DEFAULT_DATA) -> None:
    """Show every key and what became of it."""
    trust = KeyRing(data / KEYS).trust
    table = Table("key", "algorithm", "since", "state")
    for key in trust.keys:
        table.add_row(key.id, key.algorithm, f"{key.created_at:%Y-%m-%d %H:%M}Z", _state(key))
    out.print(table)


@keys.command()
def export(
    data: DataFolder = DEFAULT_DATA,
    to: Annotated[Path | None, typer.Option("--out", help="A file; else it is printed.")] = None,
) -> None:
    """Give the public trust list, for `anpr verify --keys` elsewhere."""
    text = KeyRing(data / KEYS).trust.model_dump_json(indent=1) + "\n"
    if to is None:
        print(text, end="")
        return
    to.write_text(text, encoding="utf-8")
    say(f"Wrote {to}")


@keys.command()
def believe(
    authority: Annotated[Path, typer.Argument(metavar="ROOT.pem")], data: DataFolder = DEFAULT_DATA
) -> None:
    """Add the root certificate of a time authority to the trust list."""
    pem = read_text(authority)
    try:
        subject = load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()
    except ValueError as error:
        msg = f"{authority} is no certificate in PEM; give the authority's root certificate"
        raise FileError(msg) from error
    KeyRing(data / KEYS).believe(pem)
    say(f"Believed: {subject}")


@keys.command("open")
def open_(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE.zip")],
    identity: Annotated[Path, typer.Option(help="The holder's identity file.")],
    to: Annotated[Path, typer.Option("--out", help="The folder for the original pictures.")],
) -> None:
    """Open the sealed originals of a package, as their holder."""
    secret, folder, opened = read_text(identity), to, 0
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in unpack(_bytes(package)).items():
        if name.startswith("originals/"):
            original = folder / Path(name).name.removesuffix(".age")
            original.write_bytes(unseal(content, secret))
            opened += 1
    say(f"{opened} originals in {folder}")


def _tell(key: TrustedKey, data: Path) -> None:
    say(f"Key {key.id} ({key.algorithm}) signs from now on; {data / KEYS / TRUST} says so.")


def _state(key: TrustedKey) -> str:
    if key.revoked_at is not None:
        return f"revoked ({key.revoked_for}) {key.revoked_at:%Y-%m-%d %H:%M}Z"
    if key.retired_at is not None:
        return f"retired {key.retired_at:%Y-%m-%d %H:%M}Z"
    return "signs"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}. Give the path of a package."
        raise FileError(msg) from error
