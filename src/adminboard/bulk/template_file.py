"""The template of an action's file, and what its columns take."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from pydantic.fields import FieldInfo

from adminboard.bulk.csv_file import column_names
from adminboard.core.actions import Action
from adminboard.web.form_view import FieldKind
from adminboard.web.forms import field_kind


@dataclass(frozen=True, slots=True)
class ColumnHelp:
    """What a column of the file takes, in words."""

    name: str
    title: str
    required: bool
    hint: str
    example: str


def write_template(action: Action[Any]) -> str:
    """CSV of two rows: the names of the columns, and an example."""
    assert action.bulk is not None
    text = io.StringIO()
    writer = csv.writer(text)
    names = column_names(action)
    writer.writerow(names)
    writer.writerow([action.bulk.example.get(name, "") for name in names])
    return text.getvalue()


def describe_columns(action: Action[Any]) -> Sequence[ColumnHelp]:
    """The columns in the order of the template, by the fields of the action's command."""
    assert action.bulk is not None
    schema, fields = action.command.model_json_schema(), action.command.model_fields
    return [
        ColumnHelp(
            name,
            fields[name].title or name.replace("_", " ").capitalize(),
            fields[name].is_required(),
            _hint(fields[name], _plain_schema(schema["properties"][name])),
            action.bulk.example.get(name, ""),
        )
        for name in column_names(action)
    ]


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the value itself, without "or null"."""
    options = [item for item in schema.get("anyOf", ()) if item.get("type") != "null"]
    return options[0] if options else schema


def _hint(info: FieldInfo, schema: dict[str, Any]) -> str:
    sentences = [info.description] if info.description else []
    if field_kind(info) is FieldKind.USER:
        return " ".join([*sentences, "Email address or id."])
    words = [
        item
        for item in (info.annotation, *get_args(info.annotation))
        if isinstance(item, type) and issubclass(item, Enum)
    ]
    if words:
        sentences.append(f"One of {', '.join(str(word.value) for word in words[0])}.")
    if schema.get("type") == "boolean":
        sentences.append("true or false.")
    least, most = schema.get("minLength"), schema.get("maxLength")
    if least is not None and most is not None:
        sentences.append(f"{least} to {most:,} characters.")
    form = {
        "uuid": "An id.",
        "decimal": "Like 20.00.",
        "date-time": "Like 2026-12-01T09:00:00Z, with its zone.",
    }
    if schema.get("format") in form:
        sentences.append(form[schema["format"]])
    return " ".join(sentences)
