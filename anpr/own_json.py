"""Read the JSON that our own stages wrote, in half of pydantic's time.

There every field stands, in the contract's order, with times in UTC. msgspec checks all of it
against the types of the contract itself. Whatever differs in the least is left to pydantic, which
knows all that a contract allows, and tells what is wrong. One thing is read otherwise: of more than
six decimals of a second, which we never write, msgspec makes the nearest microsecond and pydantic
the one before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypedDict,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import AwareDatetime, BaseModel, WrapValidator
from pydantic.fields import FieldInfo

from anpr.time import OLDEST

W = TypeVar("W", bound=BaseModel)
Build = Callable[[dict[str, Any]], Any | None]

PLAIN = (str, int, float, bool, date, NoneType)
BOUNDS = {Ge: "ge", Gt: "gt", Le: "le", MinLen: "min_length", MaxLen: "max_length"}


@cache
def quick_reader(contract: type[W]) -> Callable[[bytes], W | None]:
    """Make what reads values of a contract that our own code wrote; of all else it gives None.

    A contract has `trusted` and `is_normal`, as a `Wire` has. Raises TypeError at a type or a bound
    that is not known here, and at a validator in Python that no `is_normal` of its own answers for.
    """
    decode = msgspec.json.Decoder(_shape(contract)).decode
    build = _build(contract)

    def read(data: bytes) -> W | None:
        try:
            return build(decode(data))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    return read


def _shape(contract: type[BaseModel]) -> Any:
    """Give the keys that a value is written with, and the types of what they hold."""
    hints = get_type_hints(contract, include_extras=True)
    if "is_normal" not in vars(contract) and _has_validators(contract, hints.values()):
        raise TypeError(f"{contract.__name__} validates in Python: give it an `is_normal`")
    keys = {_key(contract, name): _type(hints[name]) for name in contract.model_fields}
    return TypedDict(contract.__name__, keys)  # type: ignore[operator] # made as the program runs


def _has_validators(contract: type[BaseModel], hints: Iterable[Any]) -> bool:
    own = contract.__pydantic_decorators__
    beside = (one for hint in hints if not _is_moment(hint) for one in get_args(hint)[1:])
    return bool(own.model_validators or own.field_validators) or any(
        hasattr(one, "func") for one in beside
    )


def _key(contract: type[BaseModel], name: str) -> str:
    return contract.model_fields[name].alias or name


def _type(hint: Any) -> Any:
    """Say in msgspec's words what a hint allows."""
    origin, args = get_origin(hint), get_args(hint)
    if _is_moment(hint):
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if origin is Annotated:
        bounds = _bounds(args[1:])
        return Annotated[_type(args[0]), msgspec.Meta(**bounds)] if bounds else _type(args[0])
    if origin in (Union, UnionType):
        return Union[tuple(map(_type, args))]  # noqa: UP007 - of as many as there are
    if origin is tuple:
        return tuple[tuple(one if one is ... else _type(one) for one in args)]  # type: ignore[misc] # as above
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _shape(hint)
    if hint in PLAIN or origin is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint
    msg = f"{hint} is not known here: say what msgspec calls it"
    raise TypeError(msg)


def _is_moment(hint: Any) -> bool:
    args = get_args(hint)
    return bool(args) and args[0] is AwareDatetime and isinstance(args[1], WrapValidator)


def _bounds(told: tuple[Any, ...]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for one in told:
        for bound in one.metadata if isinstance(one, FieldInfo) else (one,):
            if (name := BOUNDS.get(type(bound))) is not None:
                found[name] = getattr(bound, name)
            elif (pattern := getattr(bound, "pattern", None)) is not None:
                found["pattern"] = pattern.removesuffix("$") + r"\Z"  # `$` passes a last newline
            # What Python checks of plates is asked of `is_normal`; JSON has no infinity.
            elif not hasattr(bound, "allow_inf_nan") and not hasattr(bound, "func"):
                msg = f"{bound} is not known here: say what msgspec calls it"
                raise TypeError(msg)
    return found


def _build(contract: Any) -> Build:
    """Make what turns the checked fields of a contract into its value; None where it may not."""
    hints = get_type_hints(contract, include_extras=True)
    names = list(contract.model_fields)
    keys = [_key(contract, name) for name in names]
    moments = [
        key
        for key, name in zip(keys, names, strict=True)
        if any(map(_is_moment, _parts(hints[name])))
    ]
    inner = [
        (name, _each(_build(part)) if _is_tuple(hints[name]) else _build(part))
        for name in names
        for part in _parts(hints[name])
        if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    is_renamed, is_normal, trusted = keys != names, contract.is_normal, contract.trusted

    def build(fields: dict[str, Any]) -> Any | None:
        if list(fields) != keys or not _are_ours(fields, moments):
            return None
        if is_renamed:
            fields = dict(zip(names, fields.values(), strict=True))
        for name, make in inner:
            if told := fields[name]:
                fields[name] = made = make(told)
                if made is None:
                    return None
        return trusted(fields) if is_normal(fields) else None

    return build


def _are_ours(fields: Mapping[str, Any], moments: Sequence[str]) -> bool:
    """Say whether moments are as we write them: in UTC, and of a clock that was set."""
    for name in moments:
        moment = fields[name]
        if moment is not None and (moment.tzinfo is not UTC or moment < OLDEST):
            return False
    return True


def _each(build: Build) -> Callable[[Any], Any | None]:
    def build_each(told: tuple[dict[str, Any], ...]) -> tuple[Any, ...] | None:
        made = tuple(map(build, told))
        return None if any(one is None for one in made) else made

    return build_each


def _is_tuple(hint: Any) -> bool:
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return get_origin(bare) is tuple


def _parts(hint: Any) -> list[Any]:
    """Give a hint without what is beside it: what it may be, or what it may hold."""
    if _is_moment(hint):
        return [hint]
    if get_origin(hint) is Annotated:
        return _parts(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType, tuple):
        return [part for one in get_args(hint) for part in _parts(one)]
    return [hint]
