"""What the API's documentation says of lists, actions and errors, made from their declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adminboard.core.actions import Action, RestCall
from adminboard.core.commands import STORABLE_PATTERN
from adminboard.core.listings import Card, Choice, DateRange, Flag, Listing, NumberRange, Pick, Reference

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence the reader can act on."},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "message", "code")},
            },
        },
        "request_id": {"type": "string"},
        "warnings": {"type": "array", "items": {"type": "object"}},
    },
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}


ERRORS: dict[int | str, dict[str, Any]] = {
    403: _problem("No valid key, or the key lacks the permission"),
    404: _problem("What was named does not exist"),
    422: _problem("The input is not valid; `errors` names each field"),
    503: _problem("The database does not answer; try again after `Retry-After` seconds"),
}
CHANGE_ERRORS: dict[int | str, dict[str, Any]] = ERRORS | {
    409: _problem("A rule forbids it as things stand, a preview is stale, or an acknowledgement is missing"),
    413: {"description": "More than 2 MB were sent"},
    429: _problem("Too many at once; try again after `Retry-After` seconds"),
}
CHANGE_ANSWERS: dict[int | str, dict[str, Any]] = CHANGE_ERRORS | {
    200: {"description": "Done, or the preview of a dry run"},
    202: {
        "description": "Not done yet: `approval` is the request that waits for a second person, "
        "`operation` the call to the outside whose end is not known"
    },
}

_TYPES = {
    "number": {"type": "integer"},
    "duration": {"type": "integer"},
    "money": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
}


def list_parameters(listing: Listing) -> list[dict[str, Any]]:
    """The query parameters of a list."""
    sorts = [f"{sign}{name}" for name in listing.sorts for sign in ("", "-")]
    parameters = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "Rows a page"),
        _query("cursor", {"type": "string"}, "`next_cursor` of the page before"),
        _query("sort", {"type": "string", "enum": sorts, "default": listing.sort}, "Column to sort by"),
        _query("count", {"type": "string", "enum": ["exact"]}, "Count exactly beyond 10,000"),
    ]
    return parameters + filter_parameters(listing)


def filter_parameters(listing: Listing) -> list[dict[str, Any]]:
    """The query parameters that say which rows match."""
    parameters = []
    if listing.search is not None:
        parameters.append(_query("q", {"type": "string", "maxLength": 200}, listing.search.placeholder))
    for filter_ in listing.filters:
        parameters += [_query(name, _filter_schema(filter_, name), filter_.label) for name in filter_.names]
    return parameters


def cards_schema(listing: Listing) -> dict[str, Any]:
    """The answer of a list's figures."""
    figures = {card.name: {"description": card.label, **_figure_schema(card)} for card in listing.cards}
    return {
        "description": f"Figures of the {listing.noun.many} that match",
        "content": {"application/json": {"schema": {"type": "object", "properties": figures}}},
    }


def _figure_schema(card: Card) -> dict[str, Any]:
    """A figure, or amounts in minor units by currency."""
    if card.currency is not None:
        return {"type": "object", "additionalProperties": {"type": "integer"}}
    return _nullable(_TYPES.get(card.cell, {"type": "string"}))


def page_schema(listing: Listing) -> dict[str, Any]:
    """The answer of a list: JSON page, or CSV."""
    fields = {
        column.name: {"description": column.label, **_nullable(_TYPES.get(column.cell, {"type": "string"}))}
        for column in listing.columns
    }
    schema = {
        "type": "object",
        "required": ["items", "next_cursor", "count"],
        "properties": {
            "items": {
                "type": "array",
                "items": {"type": "object", "properties": {"id": {"type": "string"}} | fields},
            },
            "next_cursor": {"type": ["string", "null"]},
            "count": {
                "type": "object",
                "properties": {"value": {"type": "integer"}, "exact": {"type": "boolean"}},
            },
        },
    }
    return {
        "description": f"A page of {listing.noun.many}",
        "content": {"application/json": {"schema": schema}, "text/csv": {"schema": {"type": "string"}}},
    }


def command_schema(action: Action[Any], rest: RestCall, left_out: frozenset[str]) -> dict[str, Any]:
    """The body of an action's call: the command's fields that are not ``left_out``, and `acknowledge`."""
    schema = action.command.model_json_schema(ref_template="#/components/schemas/{model}", mode="validation")
    definitions = schema.pop("$defs", {})
    properties = {
        rest.names.get(name, name): _inline(value, definitions)
        for name, value in schema.get("properties", {}).items()
        if name not in left_out
    }
    properties["acknowledge"] = {
        "type": "array",
        "items": {"type": "string", "pattern": STORABLE_PATTERN},
        "default": [],
        "description": "Codes of the warnings you have seen and accept",
    }
    required = [
        rest.names.get(name, name)
        for name in schema.get("required", [])
        if name not in left_out | rest.defaults.keys()
    ]
    body: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        body["required"] = required
    for rule in ("anyOf", "oneOf"):
        if rule in schema:
            body[rule] = [_renamed(choice, rest.names) for choice in schema[rule]]
    if rest.example:
        body["example"] = dict(rest.example)
    return body


def _renamed(choice: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """One of the fields of which some must be given (`core.commands`), as the body calls it."""
    return {
        "required": [names.get(name, name) for name in choice["required"]],
        "properties": {names.get(name, name): value for name, value in choice["properties"].items()},
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _filter_schema(filter_: Any, name: str) -> dict[str, Any]:
    if isinstance(filter_, Choice):
        words = [] if callable(filter_.options) else [option.value for option in filter_.options]
        item: dict[str, Any] = {"type": "string"} | ({"enum": words} if words else {})
        return {"type": "array", "items": item}
    if isinstance(filter_, Pick):
        return {"type": "array", "items": {"type": "string"}, "maxItems": 50}
    if isinstance(filter_, Flag):
        return {"type": "string", "enum": ["yes", "no"]}
    if isinstance(filter_, DateRange) and name == filter_.name:
        return {"type": "string", "enum": [preset.value for preset in filter_.presets]}
    if isinstance(filter_, DateRange):
        return {"type": "string", "format": "date"} if name in filter_.ends else {"type": "string"}
    if isinstance(filter_, NumberRange):
        return {"type": "string" if filter_.kind == "credits" else "integer"}
    if isinstance(filter_, Reference):
        return {"type": "string", "format": "uuid"}
    return {"type": "string"}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"type": [schema["type"], "null"]}


def _inline(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with references to definitions replaced by what they name."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return _inline(definitions[name], definitions) | rest
        return {
            key: _inline(value, definitions) for key, value in schema.items() if key != "json_schema_extra"
        }
    if isinstance(schema, list):
        return [_inline(item, definitions) for item in schema]
    return schema
