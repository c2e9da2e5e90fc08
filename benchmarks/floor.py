"""The floor: a bare page with the one best query for each operation. What the board is measured against."""

import os
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

ROWS = 50
_TEMPLATE = Environment(autoescape=True).from_string(
    "<!doctype html><title>Floor</title><table>{% for row in rows %}<tr>"
    "{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>"
)
_COLUMNS = "id, email, full_name, is_active, created_at"

pool = ConnectionPool(os.environ["FLOOR_CONNINFO"], min_size=8, max_size=8, open=True)
app = FastAPI(openapi_url=None)


def _page(statement: str, parameters: dict[str, Any]) -> HTMLResponse:
    with pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(statement, parameters).fetchall()
    return HTMLResponse(_TEMPLATE.render(rows=rows))


@app.get("/first")
def first() -> HTMLResponse:
    return _page(f"SELECT {_COLUMNS} FROM users ORDER BY created_at DESC, id DESC LIMIT {ROWS}", {})


@app.get("/deep")
def deep(created_at: str, id: str) -> HTMLResponse:
    statement = (
        f"SELECT {_COLUMNS} FROM users WHERE (created_at, id) < (%(created_at)s::timestamptz, %(id)s::uuid) "
        f"ORDER BY created_at DESC, id DESC LIMIT {ROWS}"
    )
    return _page(statement, {"created_at": created_at, "id": id})


@app.get("/search")
def search(q: str) -> HTMLResponse:
    statement = (
        f"SELECT {_COLUMNS} FROM users WHERE email ILIKE %(q)s OR full_name ILIKE %(q)s "
        f"ORDER BY created_at DESC, id DESC LIMIT {ROWS}"
    )
    return _page(statement, {"q": f"%{q}%"})


@app.get("/one")
def one(id: str) -> HTMLResponse:
    return _page(f"SELECT {_COLUMNS} FROM users WHERE id = %(id)s::uuid", {"id": id})
