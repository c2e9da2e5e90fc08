"""How many rows the planner expects, from statistics alone: 1 ms, whatever the data."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, CompoundSelect, Executable, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Select[Any] | CompoundSelect[Any]


class _Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Statement) -> None:
        self.statement = statement


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


def estimate_rows(session: Session, statement: Statement, values: Mapping[str, Any] | None = None) -> int:
    """What the planner expects the statement to find."""
    [plan] = session.execute(_Explain(statement), values).scalar_one()
    return int(plan["Plan"]["Plan Rows"])
