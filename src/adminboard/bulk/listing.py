"""The list of runs of changes, and for each run the list of its rows, which is its result file too."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Numeric, Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH

from adminboard.bulk.kinds import KINDS
from adminboard.bulk.queries import get_run_detail
from adminboard.core.listings import (
    Choice,
    Column,
    DateRange,
    Detail,
    Flag,
    Listing,
    Noun,
    Option,
    Reference,
)
from adminboard.core.listings.fixed import fix_listing
from adminboard.core.listings.money_text import write_credits
from adminboard.core.masking import Mask
from adminboard.core.models import Run, RunRow, RunRowStatus, RunStatus
from adminboard.core.permissions import Permission

runs = Listing(
    name="bulk_runs",
    title="Bulk changes",
    noun=Noun("run", "runs"),
    path="/bulk",
    api_path="/bulk-runs",
    permission=Permission.BULK_RUN,
    select=select(Run).where(Run.kind.in_([kind.name for kind in KINDS])),
    key=Run.id,
    columns=[
        Column("Run", Run.title, key="title", priority=1, width_px=220),
        Column("Status", Run.status, cell="badge", priority=1),
        Column("Action", Run.action, cell="title"),
        Column("Rows", Run.rows_total, key="rows_total", cell="number", align="end"),
        Column("Done", Run.rows_done, key="rows_done", cell="number", align="end"),
        Column("Failed", Run.rows_failed, key="rows_failed", cell="number", align="end"),
        Column("Refused", Run.rows_skipped, key="rows_skipped", cell="number", align="end"),
        Column("By", Run.actor_name, key="actor_name"),
        Column("Uploaded", Run.created_at, key="created_at", cell="datetime", sort=True, priority=1),
        Column("Finished", Run.finished_at, key="finished_at", cell="datetime", shown=False),
    ],
    filters=[
        Choice(
            "status", "Status", Run.status, options=[Option(word.value, word.value) for word in RunStatus]
        ),
        DateRange("uploaded", "Uploaded", Run.created_at),
    ],
    sort="-created_at",
    detail=Detail(get_run_detail, "bulk/detail.html", title=lambda run: str(run.title)),
    empty="Upload a file of changes: it is checked row by row before anything is changed.",
    note="bulk/note.html",
)


@cache
def rows_with(fields: tuple[str, ...]) -> Listing:
    """The rows of a run, with a column for each field of its file; one list for all runs whose files have
    these. The CSV is the result file."""
    preview = RunRow.preview
    rows = Listing(
        name="bulk_rows",
        title="Rows",
        noun=Noun("row", "rows"),
        path="/bulk/{run}",
        permission=Permission.BULK_RUN,
        has_page=False,
        select=select(RunRow),
        key=RunRow.number,
        keys_repeat=True,
        columns=[
            Column(
                "Row",
                RunRow.number,
                key="number",
                cell="number",
                sort=True,
                priority=1,
                align="end",
                width_px=64,
            ),
            Column("Status", RunRow.status, cell="badge", priority=1, width_px=112),
            Column("Subject", _subject(fields), mask=Mask.EMAIL, priority=1, width_px=190),
            Column("Change", _change(), cell="sentence", mask=Mask.HIDDEN, missing="none", priority=1),
            Column("Warnings", _warning_codes(), cell="sentence", missing="none", width_px=152),
            Column("Error", RunRow.error, cell="sentence", mask=Mask.HIDDEN, missing="none", priority=1),
            Column("Same as row", RunRow.duplicate_of, key="duplicate_of", cell="number", shown=False),
            Column("Approval", preview["needs_approval"].astext, key="needs_approval", shown=False),
            Column("Audit entry", RunRow.audit_entry_id, key="audit_id", cell="id", shown=False),
            *(
                Column(name, RunRow.input[name].astext, key=f"input_{name}", mask=Mask.HIDDEN, shown=False)
                for name in fields
            ),
        ],
        filters=[
            Choice(
                "status",
                "Status",
                RunRow.status,
                options=[Option(word.value, word.value) for word in RunRowStatus],
            ),
            Flag("warned", "Warnings", func.jsonb_array_length(preview["warnings"]) > 0),
            Flag("same", "Same as an earlier row", RunRow.duplicate_of.is_not(None)),
            Reference("run", "Run", RunRow.run_id),
        ],
        sort="number",
        empty="The file had no rows.",
    )
    return fix_listing(rows, "run")


def _subject(fields: Sequence[str]) -> ColumnElement[str | None]:
    """Whom the row is about; of one that cannot be read, what stands in the first column of its file."""
    return func.coalesce(
        RunRow.preview["subject"]["label"].astext, RunRow.input[fields[0]].astext, type_=Text
    )


def _change() -> ColumnElement[str]:
    """The first change as its preview reads: "Balance: $10.00 → $25.00"."""
    first = RunRow.preview["changes"][0]
    before, after = (_value(first[side], first["cell"].astext) for side in ("before", "after"))
    change: ColumnElement[str] = first["field"].astext + ": " + before + " → " + after
    return change


def _value(value: ColumnElement[Any], cell: ColumnElement[str]) -> ColumnElement[str]:
    """One side of a change; of times nobody's zone is known here, so they are in UTC and say so."""
    plain = value.astext
    moment = func.timezone("UTC", cast(plain, DateTime(timezone=True)))
    return case(
        (func.coalesce(plain, "") == "", "none"),
        (cell == "credits", write_credits(cast(plain, Numeric))),
        (cell == "datetime", func.to_char(moment, 'YYYY-MM-DD HH24:MI "UTC"')),
        (plain == "true", "yes"),
        (plain == "false", "no"),
        else_=plain,
    )


def _warning_codes() -> ColumnElement[str | None]:
    codes = cast(func.jsonb_path_query_array(RunRow.preview, cast("$.warnings[*].code", JSONPATH)), Text)
    return func.nullif(func.regexp_replace(codes, r'[\[\]"]', "", "g"), "", type_=Text)
