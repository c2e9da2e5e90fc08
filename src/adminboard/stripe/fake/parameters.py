"""Reading the parameters of a request: taken apart, checked against the SDK's types, and converted.

A parameter that Stripe does not know, or knows in another form, is refused with Stripe's own error.
"""

import re
import typing
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NoReturn

import typing_extensions

from adminboard.stripe.fake.refusals import Refusal, invalid, not_in_stand_in
from adminboard.stripe.fake.sdk_types import UntypedObject, parameter_hints, typed_dict_hints

Given = dict[str, Any]
"""Parameters by their names, nested as they were sent. An empty text means: unset it."""


def read_parameters(type_name: str, pairs: Sequence[tuple[str, str]]) -> Given:
    """What was sent, as the SDK's type of this name describes it. Raises a `Refusal`."""
    return _read_fields(parameter_hints(type_name), nest(pairs), "")


def require_known(given: Given, known: Collection[str], route: str) -> None:
    """Raises a `Refusal` for a parameter that only Stripe itself would act on.

    ``known`` names them as Stripe writes them, without indexes: ``items[quantity]``.
    """
    for path in _leaves(given):
        if not any(path == name or path.startswith(f"{name}[") for name in known):
            raise not_in_stand_in(f"the parameter {path} of {route}")


def nest(pairs: Sequence[tuple[str, str]]) -> Given:
    """``a[b][0]=c`` as nested dictionaries and lists. A list sent as ``a[]`` is in the order it came."""
    root: dict[str, Any] = {}
    for number, (name, value) in enumerate(pairs):
        *parents, last = [part or str(number) for part in re.findall(r"(?:^|\[)([^\[\]]*)\]?", name)]
        place = root
        for part in parents:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise invalid("Invalid object", param=name)
        place[last] = value
    return {name: _with_lists(value) for name, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(key.isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(item) for key, item in value.items()}


def _read_fields(hints: dict[str, Any], values: dict[str, Any], path: str) -> dict[str, Any]:
    read = {}
    for name, value in values.items():
        where = f"{path}[{name}]" if path else name
        if name not in hints:
            raise invalid(f"Received unknown parameter: {where}", param=where, code="parameter_unknown")
        read[name] = _read(hints[name], value, where)
    for name, hint in hints.items():
        if name not in values and typing.get_origin(hint) is not typing_extensions.NotRequired:
            where = f"{path}[{name}]" if path else name
            raise invalid(f"Missing required param: {where}.", param=where, code="parameter_missing")
    return read


def _read(hint: Any, value: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing_extensions.NotRequired, typing_extensions.Required):
        return _read(arguments[0], value, path)
    if origin is Literal:
        return value if value in arguments else _refuse_word(arguments, path)
    if _is_union(origin):
        return _read_one_of(arguments, value, path)
    if origin is list:
        if not isinstance(value, list):
            raise invalid("Invalid array", param=path)
        return [_read(arguments[0], item, f"{path}[{number}]") for number, item in enumerate(value)]
    if typing_extensions.is_typeddict(hint):
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=path)
        return _read_fields(typed_dict_hints(hint), value, path)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, UntypedObject)):
        return value if isinstance(value, dict) else _refuse_type("object", value, path)
    return _read_plain(hint, value, path)


def _read_one_of(choices: Sequence[Any], value: Any, path: str) -> Any:
    """By the first type that fits. A list of words that also allows any text is taken as closed."""
    words = [word for choice in choices for word in typing.get_args(choice) if _is_literal(choice)]
    closed = [choice for choice in choices if not (words and choice is str)] if _has_words(words) else choices
    problem: Refusal | None = None
    for choice in sorted(closed, key=lambda choice: isinstance(value, str) == _takes_nesting(choice)):
        try:
            return _read(choice, value, path)
        except Refusal as refusal:
            problem = problem or refusal
    raise problem or invalid("Invalid value", param=path)


def _read_plain(hint: Any, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        _refuse_type("string", value, path)
    if hint is bool:
        return (
            {"true": True, "false": False}[value]
            if value in ("true", "false")
            else _refuse_type("boolean", value, path)
        )
    if hint is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise invalid(f"Invalid integer: {value}", param=path, code="parameter_invalid_integer")
        return int(value)
    if hint in (float, Decimal):
        try:
            return Decimal(value)
        except InvalidOperation:
            _refuse_type("decimal", value, path)
    return value


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}[{name}]" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif path:
        yield path


def _is_union(origin: Any) -> bool:
    return origin is typing.Union or getattr(origin, "__name__", "") == "UnionType"


def _is_literal(hint: Any) -> bool:
    return typing.get_origin(hint) is Literal


def _has_words(words: Sequence[Any]) -> bool:
    return any(word != "" for word in words)


def _takes_nesting(hint: Any) -> bool:
    return typing.get_origin(hint) in (list, dict) or typing_extensions.is_typeddict(hint)


def _refuse_word(words: Sequence[Any], path: str) -> NoReturn:
    listed = ", ".join(str(word) for word in words)
    raise invalid(f"Invalid {path}: must be one of {listed}", param=path)


def _refuse_type(wanted: str, value: Any, path: str) -> NoReturn:
    shown = value if isinstance(value, str) else type(value).__name__
    raise invalid(f"Invalid {wanted}: {shown}", param=path)
