"""The version of a rule: a digest of all that its verdicts depend on beside passages and lists."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from hashlib import sha256

from pydantic import BaseModel

from anpr.events import RuleRef

DIGITS = 12


def rule_ref(rule: str, configuration: Mapping[str, object]) -> RuleRef:
    """Name a rule with its id and the digest of its configuration: JSON values, models, values."""
    text = written(configuration)
    return RuleRef(id=rule, version=sha256(text.encode()).hexdigest()[:DIGITS])


def written(configuration: Mapping[str, object]) -> str:
    """Write a configuration as the JSON that its version is the digest of."""
    return json.dumps(configuration, default=_plain, sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    msg = f"a rule's configuration holds {type(value).__name__}; give models or JSON values"
    raise TypeError(msg)
