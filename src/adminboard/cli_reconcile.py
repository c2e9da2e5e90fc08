"""``adminboard reconcile``: compares every subscription with Stripe, and repairs what differs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adminboard.app import make_board
from adminboard.cli_runtime import EXIT_REFUSED, command_actor, open_cli_runtime, stop
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import Actor
from adminboard.core.canonical import to_plain
from adminboard.core.commands import Command
from adminboard.core.models import Run, RunStatus
from adminboard.core.runs import ADVANCING, get_run
from adminboard.reconciliation.actions import FixDifferences, NothingToRepair, RunReconciliation
from adminboard.reconciliation.queries import count_open, list_open
from adminboard.runtime import Runtime
from adminboard.worker import make_run_advancer

console = Console(soft_wrap=True)
SLICE_SECONDS = 0.5
"""How often the progress bar moves."""
PAUSE_SECONDS = 0.5
REASON = "Asked for on the command line."


def reconcile(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired; Stripe wins")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Compare every subscription with Stripe. Exits with 1 while anything differs."""
    with open_cli_runtime() as runtime:
        actor = command_actor()
        comparison = _run(
            runtime, actor, "reconciliation.run", RunReconciliation(reason=REASON), quiet=as_json
        )
        repair = _repair(runtime, actor, quiet=as_json) if fix else None
        with runtime.reading(actor) as session:
            left = count_open(session)
            shown = {
                "comparison": _describe(comparison),
                "repair": _describe(repair) if repair is not None else None,
                "left": left,
                "differences": [asdict(found) for found in list_open(session)],
            }
        _show(shown, as_json=as_json)
        if left:
            raise typer.Exit(EXIT_REFUSED)


def _repair(runtime: Runtime, actor: Actor, *, quiet: bool) -> Run | None:
    """None where nothing can be repaired."""
    try:
        return _run(runtime, actor, "reconciliation.fix", FixDifferences(reason=REASON), quiet=quiet)
    except NothingToRepair:
        return None


def _run(runtime: Runtime, actor: Actor, name: str, command: Command, *, quiet: bool) -> Run:
    """Begins a run and advances it to its end, beside whatever workers there are."""
    runner = make_board(runtime).runner
    action = runner.actions.get(name)
    outcome = runner.run(actor, action, command, Confirmation(accepts_all=True))
    run = _follow(runtime, UUID(str(outcome.result["run"])), action.title, quiet=quiet)
    if run.status is not RunStatus.FINISHED:
        stop(f"{run.title} stands still: {run.error or run.status.value}", EXIT_REFUSED)
    return run


def _follow(runtime: Runtime, run_id: UUID, words: str, *, quiet: bool) -> Run:
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    advancer = make_run_advancer(runtime, slice_seconds=SLICE_SECONDS)
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task(words)
        while True:
            with runtime.reading() as session:
                run = get_run(session, run_id)
            done = max(run.rows_checked, run.rows_done + run.rows_failed + run.rows_skipped)
            progress.update(bar, completed=done, total=run.rows_total)
            if run.status not in ADVANCING:
                return run
            if advancer.advance_next(run_id) is None:
                time.sleep(PAUSE_SECONDS)


def _describe(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "status": run.status,
        "subscriptions": run.rows_total,
        "done": run.rows_done,
        "failed": run.rows_failed,
        "skipped": run.rows_skipped,
        "outcome": run.outcome,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _show(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(to_plain(shown)))
        return
    outcome = shown["comparison"]["outcome"]
    console.print(
        f"{shown['comparison']['subscriptions']:,} subscriptions compared in {outcome['calls']:,} calls: "
        f"{outcome['in_step']:,} in step, {outcome['different']:,} differ.",
        markup=False,
    )
    for kind, count in outcome["kinds"].items():
        console.print(f"  {kind.replace('_', ' ')}: {count:,}", markup=False)
    if shown["repair"] is not None:
        repair = shown["repair"]
        counts = f"{repair['done']:,} repaired, {repair['failed']:,} failed, {repair['skipped']:,} left alone"
        console.print(f"{counts}. {shown['left']:,} differences are open.", markup=False)
