"""What the installed SDK says of Stripe's calls and objects, to compare the stand-in with."""

import ast
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import stripe
from stripe import ListObject, StripeObject

from adminboard.stripe.fake.sdk_types import (
    OBJECTS,
    ONLY_WHEN_ASKED,
    UntypedObject,
    is_nested_object,
    object_hints,
    parameter_hints,
    typed_dict_hints,
)

SDK = Path(stripe.__file__).parent
PLACEHOLDER = "{}"


@dataclass(frozen=True)
class Call:
    """A call of the SDK: its parameters' type, and the class of what it gives (or a list gives)."""

    parameters: str | None
    gives: str


@cache
def read_calls() -> dict[tuple[str, str], Call]:
    """Every call of the SDK, by method and path; ids in paths have no names."""
    calls: dict[tuple[str, str], Call] = {}
    for path in SDK.rglob("_*_service.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls |= dict(_calls_in(function))
    return calls


def without_names(path: str) -> str:
    return re.sub(r"\{\w*\}", PLACEHOLDER, path)


def knows_parameter(type_name: str, name: str) -> bool:
    """Whether Stripe has the parameter, given as in ``items[quantity]``."""
    hints: dict[str, Any] | None = parameter_hints(type_name)
    for part in re.findall(r"\w+", name):
        if hints is None or part not in hints:
            return False
        hints = _fields_of(hints[part])
    return True


def find_faults(kind: str, shape: dict[str, Any]) -> list[str]:
    """What of an object differs from the SDK's class: fields too many or missing, values of other types."""
    return list(_object_faults(OBJECTS[kind], shape, kind))


def _calls_in(function: ast.FunctionDef) -> Iterator[tuple[tuple[str, str], Call]]:
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_request"):
            continue
        method, address = node.args[0], node.args[1]
        if isinstance(address, ast.Call) and isinstance(address.func, ast.Attribute):
            address = address.func.value
        if isinstance(method, ast.Constant) and isinstance(address, ast.Constant):
            annotations = [ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation]
            found = re.search(r"\w+Params", " ".join(annotations))
            assert function.returns is not None
            gives = ast.unparse(function.returns).strip("'\"")
            key = (str(method.value).upper(), without_names(str(address.value)))
            yield key, Call(found and found[0], gives)


def _fields_of(hint: Any) -> dict[str, Any] | None:
    if typing.is_typeddict(hint) or hasattr(hint, "__required_keys__"):
        return typed_dict_hints(hint)
    for inner in typing.get_args(hint):
        if (fields := _fields_of(inner)) is not None:
            return fields
    return None


def _object_faults(cls: Any, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(shape, dict):
        yield f"{path} is no object"
        return
    hints = object_hints(cls)
    if cls is stripe.Customer and shape.get("deleted"):
        return
    allowed = set(hints) | ONLY_WHEN_ASKED.get(cls.__qualname__, set())
    yield from (f"{path}.{name} is no field" for name in shape.keys() - allowed)
    for name, hint in hints.items():
        if name not in shape:
            yield f"{path}.{name} is missing"
        else:
            yield from _value_faults(hint, shape[name], f"{path}.{name}")


def _value_faults(hint: Any, value: Any, path: str) -> Iterator[str]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        yield from _union_faults(arguments, value, path)
    elif origin is Literal:
        if value not in arguments:
            yield f"{path} is {value!r}, not one of {arguments}"
    elif origin in (list, ListObject):
        yield from _list_faults(origin is ListObject, arguments[0], value, path)
    elif isinstance(hint, typing.ForwardRef | str):
        name = hint if isinstance(hint, str) else hint.__forward_arg__
        yield from _value_faults(getattr(stripe, name, None) or OBJECTS["entitlements.feature"], value, path)
    elif is_nested_object(hint):
        yield from _object_faults(hint, value, path)
    elif not _is_plain(hint, origin, value):
        yield f"{path} is {value!r}, not {hint}"


def _list_faults(is_object: bool, hint: Any, value: Any, path: str) -> Iterator[str]:
    if is_object and isinstance(value, dict) and value.keys() == {"object", "url", "has_more", "data"}:
        value = value["data"]
    if not isinstance(value, list):
        yield f"{path} is no list"
        return
    for number, item in enumerate(value):
        yield from _value_faults(hint, item, f"{path}[{number}]")


def _union_faults(choices: tuple[Any, ...], value: Any, path: str) -> Iterator[str]:
    """A list of words that also allows any text is taken as closed."""
    has_words = any(typing.get_origin(choice) is Literal for choice in choices)
    tried = [
        list(_value_faults(choice, value, path)) for choice in choices if not (has_words and choice is str)
    ]
    if all(tried):
        yield from min(tried, key=len)


def _is_plain(hint: Any, origin: Any, value: Any) -> bool:
    if hint is type(None):
        return value is None
    if isinstance(origin, type) and issubclass(origin, UntypedObject):
        return isinstance(value, dict)
    if hint is Decimal:
        return isinstance(value, str)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint if hint in (bool, int, str) else isinstance(value, StripeObject)
