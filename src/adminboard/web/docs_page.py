"""The API's description: OpenAPI as JSON, and the same as a page to read, without scripts or other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from adminboard.core.errors import DomainError, code_of
from adminboard.web.access import PUBLIC
from adminboard.web.render import render

router = APIRouter(include_in_schema=False, dependencies=[PUBLIC])


@dataclass(frozen=True, slots=True)
class DocumentedCall:
    """One operation as the page shows it; parameters and fields as (name, type, required, meaning)."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[tuple[str, str, bool, str]]
    fields: list[tuple[str, str, bool, str]]
    example: Any
    answers: list[tuple[str, str]]


@router.get("/v1/openapi.json")
def openapi(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/v1/docs")
def docs(request: Request) -> Response:
    """Every call by subject, with its parameters, body, an example and its errors."""
    groups: dict[str, list[DocumentedCall]] = {}
    for tag, call in _calls(request.app.openapi()):
        groups.setdefault(tag, []).append(call)
    return render(request, "ui/api_docs.html", groups=sorted(groups.items()))


@router.get("/v1/docs/errors")
def error_codes(request: Request) -> Response:
    """Every error code the API can answer with, which is what the ``type`` of a problem leads to."""
    kinds = {code_of(kind): kind for kind in _kinds(DomainError)}
    rows = [(code, kind.status, kind.title, kind.__doc__ or "") for code, kind in sorted(kinds.items())]
    return render(request, "ui/api_errors.html", rows=rows)


def _kinds(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _kinds(narrower)


def _calls(document: dict[str, Any]) -> Iterator[tuple[str, DocumentedCall]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = body.get("schema", {})
            call = DocumentedCall(
                anchor=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation.get("summary", ""),
                description=operation.get("description", ""),
                parameters=[
                    (p["name"], _type_of(p["schema"]), p.get("required", False), p.get("description", ""))
                    for p in operation.get("parameters", ())
                ],
                fields=[
                    (name, _type_of(field), name in schema.get("required", ()), field.get("description", ""))
                    for name, field in schema.get("properties", {}).items()
                ],
                example=schema.get("example"),
                answers=[
                    (status, answer["description"]) for status, answer in operation["responses"].items()
                ],
            )
            yield operation.get("tags", ["Other"])[0], call


def _type_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(word) for word in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type_of(option) for option in schema["anyOf"])
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} ({schema['format']})" if "format" in schema else words
