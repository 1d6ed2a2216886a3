"""Read a site file: every problem at once, each with its key and what to write."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from anpr.errors import Problem, SiteError
from anpr.sites.links import broken_links
from anpr.sites.model import Site
from anpr.sites.remedies import problem_of


def parse_site(text: str, source: str) -> Site:
    """Read a site from its TOML; `source` names the file in messages. Raises SiteError."""
    tree = _tree(text, source)
    problems = list(broken_links(tree))
    try:
        # By way of JSON, since there strict validation takes arrays and dates, yet no "70" for 70.
        site = Site.model_validate_json(
            json.dumps(tree, default=str), strict=True, by_alias=True, by_name=False
        )
    except ValidationError as error:
        own = [one for one in error.errors() if not _only_follows(one)]
        problems = [problem_of(one, tree) for one in own] + problems
        raise SiteError(source, problems) from error
    if problems:
        raise SiteError(source, problems)
    return site


def _only_follows(error: ErrorDetails) -> bool:
    """Say whether tables seem too few only because those that are there are wrong."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _tree(text: str, source: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \((at line \d+|at end of document).*\)$", str(error))
        where = place[1].removeprefix("at ") if place else "file"
        what = str(error).removesuffix(place[0]) if place else str(error)
        remedy = "Mend it; text stands in quotes, a table starts with [name] or [[name]]."
        raise SiteError(source, [Problem(where, f"not TOML: {what}", remedy)]) from error
