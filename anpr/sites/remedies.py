"""Say in the words of the site file what pydantic found wrong, and what to write instead."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from anpr.errors import Problem
from anpr.sites.channels import CHANNELS
from anpr.sites.model import Site
from anpr.sites.values import Part

Loc = tuple[int | str, ...]

SECRET_KEYS = frozenset({"token", "secret", "password", "client_secret"})
"""Keys whose wrong value may be a secret, so that no message repeats it."""

LONGEST_SHOWN = 60

MAPPING_KEY = "[key]"
"""How pydantic says that the name of a table is meant, not what stands in it."""

NAME_IT = "Use lower-case letters, digits, `.`, `_` or `-`; at most 64."


def problem_of(error: ErrorDetails, tree: Mapping[str, Any]) -> Problem:
    """Make a problem of one of pydantic's errors about this tree."""
    loc, owner, field = _found(error["loc"])
    where = key_path(loc, tree)
    key = next((step for step in reversed(loc) if isinstance(step, str)), "")
    write = f"Write `{key}`: {field.description}." if field and field.description else "Mend it."
    match error["type"]:
        case _ if loc[-1:] == (MAPPING_KEY,):
            return Problem(key_path(loc[:-1], tree), "the name has not the right form", NAME_IT)
        case "missing":
            return Problem(where, "it is missing", write)
        case "union_tag_not_found" | "union_tag_invalid":
            known = ", ".join(map(repr, CHANNELS))
            what = "it has no `type` that is known"
            return Problem(f"{where}.type", what, f"Write `type`: one of {known}.")
        case "extra_forbidden":
            return Problem(where, "no such key is known", _nearest(key, owner))
        case "value_error":
            what, _, remedy = error["msg"].removeprefix("Value error, ").partition("; ")
            return Problem(where, what, f"{remedy[:1].upper()}{remedy[1:]}.")
        case "string_pattern_mismatch":
            wrong = "it has not the right form"
        case _:
            wrong = error["msg"].replace("Input should", "it should")
    shown = "" if key in SECRET_KEYS else _shown(error["input"])
    return Problem(where, f"{shown}{wrong}", write)


def key_path(loc: Loc, tree: Mapping[str, Any]) -> str:
    """Name a place as in `cameras[2] (n177).lat`: tables are counted from 1, ids stand beside."""
    path, here = "", tree
    for step in loc:
        here = _below(here, step)
        if isinstance(step, str):
            path += f".{step}" if path else step
            continue
        path += f"[{step + 1}]"
        if isinstance(here, dict) and isinstance(here.get("id"), str):
            path += f" ({here['id']})"
    return path or "file"


def _below(here: Any, step: int | str) -> Any:
    try:
        return here[step]
    except (KeyError, IndexError, TypeError):
        return None


def _found(loc: Loc) -> tuple[Loc, type[Part], FieldInfo | None]:
    """Find the place as the file has it, the part that its last key belongs to, and its field."""
    match loc:
        case "channels", str() as name, str() as kind, *rest if kind in CHANNELS:
            return ("channels", name, *rest), *_owner(rest, CHANNELS[kind])
    return loc, *_owner(loc, Site)


def _owner(loc: Sequence[int | str], owner: type[Part]) -> tuple[type[Part], FieldInfo | None]:
    """Find the part that the last key belongs to, and the key's field; None if it has none."""
    field: FieldInfo | None = None
    names_entry = False
    for step in loc:
        if isinstance(step, int) or names_entry:
            names_entry = False
            continue
        field = _keys(owner).get(step)
        if field is None:
            break
        names_entry = get_origin(field.annotation) is Mapping
        owner = _part_in(field.annotation) or owner
    return owner, field


def _keys(part: type[Part]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in part.model_fields.items()}


def _part_in(annotation: Any) -> type[Part] | None:
    """Find the part inside an annotation such as `tuple[Camera, ...]`; there is one at most."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    inner = (_part_in(argument) for argument in get_args(annotation))
    return next((part for part in inner if part), None)


def _nearest(key: str, owner: type[Part]) -> str:
    known = sorted(_keys(owner))
    if near := get_close_matches(key, known, n=1):
        return f"Did you mean `{near[0]}`?"
    return f"Take it out; known here: {', '.join(known)}."


def _shown(value: Any) -> str:
    """Repeat a short value; a table is not repeated, since a secret may stand in it."""
    text = repr(value)
    return "" if isinstance(value, dict | list) or len(text) > LONGEST_SHOWN else f"{text}: "
