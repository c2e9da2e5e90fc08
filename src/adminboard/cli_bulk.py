"""``adminboard bulk``: changes from a file, checked and run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adminboard.app import make_board
from adminboard.bulk.commands import NameRun
from adminboard.bulk.following import follow
from adminboard.bulk.queries import RunDetail
from adminboard.bulk.template_file import write_template
from adminboard.bulk.upload import require_bulk, upload
from adminboard.cli_runtime import EXIT_REFUSED, EXIT_USAGE, command_actor, open_cli_runtime, stop
from adminboard.core.action_runner import Confirmation
from adminboard.core.canonical import to_plain
from adminboard.core.models import RunStatus
from adminboard.runtime import Runtime
from adminboard.worker import make_run_advancer

bulk_app = typer.Typer(no_args_is_help=True, help="Change many things at once, from a file")
console = Console(soft_wrap=True)
SLICE_SECONDS = 0.5
"""How often the progress bar moves."""

Name = Annotated[str, typer.Argument(help="The action's name, as `actions list` shows it")]


@bulk_app.command("template")
def write(name: Name) -> None:
    """Write the file to fill in, with an example row, to standard output."""
    with open_cli_runtime() as runtime:
        action = make_board(runtime).runner.actions.get(name)
        require_bulk(action)
        typer.echo(write_template(action), nl=False)


@bulk_app.command("run")
def run_file(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The filled-in template")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check every row")] = False,
    acknowledge: Annotated[
        list[str] | None, typer.Option(help="A warning's code you have seen and accept")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Check every row of a file and, unless it is a dry run, run those that can be. Exits with 1 when a row
    could not be run."""
    if not path.is_file():
        stop(f"There is no file {path}.", EXIT_USAGE)
    with open_cli_runtime() as runtime:
        board, actor = make_board(runtime), command_actor()
        action = board.runner.actions.get(name)
        with path.open("rb") as file, runtime.work(actor) as work:
            run, _ = upload(work, action, file, path.name)
        found = _follow(runtime, run.id, "Checking", quiet=as_json)
        if not dry_run and found.status is RunStatus.DRAFT and found.rows_ready:
            confirmation = Confirmation(acknowledged=frozenset(acknowledge or ()))
            board.runner.run(actor, board.runner.actions.get("bulk.start"), NameRun(run=run.id), confirmation)
            found = _follow(runtime, run.id, "Running", quiet=as_json)
        _show(found, as_json=as_json)
        is_whole = found.status is (RunStatus.DRAFT if dry_run else RunStatus.FINISHED)
        if not is_whole or found.rows_failed or found.rows_refused:
            raise typer.Exit(EXIT_REFUSED)


def _follow(runtime: Runtime, run_id: UUID, words: str, *, quiet: bool) -> RunDetail:
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    advancer = make_run_advancer(runtime, slice_seconds=SLICE_SECONDS)
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(words)
        return follow(
            runtime,
            advancer,
            run_id,
            lambda run: progress.update(bar, completed=run.phase_done, total=run.phase_total),
        )


def _show(run: RunDetail, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(to_plain(asdict(run))))
        return
    counts = f"{run.rows_done:,} done, {run.rows_failed:,} failed, {run.rows_refused:,} refused"
    console.print(f"{run.title}: {run.status.value}. {run.rows_ready:,} ready, {counts}.", markup=False)
    for warning in run.warnings:
        hint = f" (--acknowledge {warning.code})" if warning.must_acknowledge else ""
        console.print(f"Warning on {warning.rows:,} rows: {warning.example}{hint}", markup=False)
    if run.rows_duplicated:
        console.print(
            f"{run.rows_duplicated:,} rows say the same as an earlier one (--acknowledge duplicate_rows).",
            markup=False,
        )
    if run.rows_to_approve:
        console.print(f"{run.rows_to_approve:,} rows need a second admin. {run.approval}", markup=False)
    console.print(f"Rows and errors: /bulk/{run.id}", markup=False)
