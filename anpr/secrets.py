"""Secrets by reference: a site file names where one is kept, never the secret itself."""

from collections.abc import Callable, Mapping

from anpr.errors import SecretError


def resolve(reference: str, environ: Mapping[str, str], read_text: Callable[[str], str]) -> str:
    """Give the secret that `env:NAME` or `file:PATH` names, without the white space around it.

    `read_text` reads a file. Raises SecretError, whose message never holds the secret.
    """
    where, _, name = reference.partition(":")
    if where == "env":
        secret = environ.get(name, "")
        remedy = f"set the environment variable {name}"
    elif where == "file":
        secret = _file(name, read_text)
        remedy = f"write it to {name}"
    else:
        msg = "a secret is named by env:NAME or file:PATH; write one of these"
        raise SecretError(msg)
    if not secret.strip():
        msg = f"the secret {reference!r} is empty or missing; {remedy}"
        raise SecretError(msg)
    return secret.strip()


def _file(path: str, read_text: Callable[[str], str]) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the secret 'file:{path}' cannot be read; write it there, as UTF-8 text"
        raise SecretError(msg) from error
