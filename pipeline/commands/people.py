"""`anpr user`: accounts and personal tokens."""

import secrets
import sys
from typing import Annotated

import typer

from pipeline.clock import now
from pipeline.commands.opening import opened_store
from pipeline.commands.terminal import DEFAULT_DATA, DataFolder, out, say
from sinks.store import people
from sinks.store.engine import writing
from sinks.store.logins import close_sessions_of
from sinks.store.rights import Role

app = typer.Typer(no_args_is_help=True, help="Accounts and personal tokens.")


def register(verbs: typer.Typer) -> None:
    """Add these verbs to the command line."""
    verbs.add_typer(app, name="user")


Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@app.command()
def add(
    name: Name,
    role: Annotated[list[Role], typer.Option(help="What the person does; may be repeated.")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Add an account; ask for its password, read it from stdin, or make one."""
    given = _password()
    password = given or secrets.token_urlsafe(12)
    with opened_store(data) as engine, writing(engine) as connection:
        people.add_account(connection, name, role, password, now())
    say(f"account {name} added: {', '.join(role)}")
    if not given:
        out.print(password, highlight=False, markup=False)


@app.command()
def token(name: Name, data: DataFolder = DEFAULT_DATA) -> None:
    """Make a personal bearer token and print it, this once."""
    with opened_store(data) as engine, writing(engine) as connection:
        issued = people.issue_token(connection, name, now())
    out.print(issued, highlight=False, markup=False, soft_wrap=True)


@app.command("list")
def list_(data: DataFolder = DEFAULT_DATA) -> None:
    """List the accounts and their roles."""
    with opened_store(data) as engine, engine.connect() as connection:
        for account in people.list_accounts(connection):
            out.print(f"{account.name}\t{', '.join(sorted(account.roles))}", highlight=False)


@app.command()
def password(name: Name, data: DataFolder = DEFAULT_DATA) -> None:
    """Set a new password; open sessions of the account end."""
    given = _password()
    chosen = given or secrets.token_urlsafe(12)
    with opened_store(data) as engine, writing(engine) as connection:
        people.set_password(connection, name, chosen)
        close_sessions_of(connection, name)
    if not given:
        out.print(chosen, highlight=False, markup=False)


@app.command()
def disable(name: Name, data: DataFolder = DEFAULT_DATA) -> None:
    """Shut an account out, at once: its tokens and sessions are worthless."""
    with opened_store(data) as engine, writing(engine) as connection:
        people.disable_account(connection, name)
        people.revoke_tokens(connection, name)
        close_sessions_of(connection, name)
    say(f"account {name} disabled")


def _password() -> str:
    """Ask for a password where somebody can answer; empty means: make one."""
    if sys.stdin.isatty():
        return str(
            typer.prompt("Password (empty: make one)", default="", hide_input=True,
                         show_default=False, confirmation_prompt="Once more")
        )  # fmt: skip
    return sys.stdin.readline().strip()
