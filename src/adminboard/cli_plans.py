"""``adminboard plans``: what is sold, kept in step with Stripe."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adminboard.app import make_board
from adminboard.cli_runtime import command_actor, open_cli_runtime
from adminboard.core.action_runner import Confirmation
from adminboard.core.actions import Preview
from adminboard.core.canonical import to_plain
from adminboard.reconciliation.plan_sync import SyncPlans, sync_plans

plans_app = typer.Typer(no_args_is_help=True, help="Keep what is sold in step with Stripe")
console = Console(soft_wrap=True)
REASON = "Asked for on the command line."


@plans_app.callback()
def plans() -> None:
    """Keep what is sold in step with Stripe."""


@plans_app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Bring plans, their features and promotion codes into step with Stripe's products, prices and codes."""
    with open_cli_runtime() as runtime:
        runner, actor, command = make_board(runtime).runner, command_actor(), SyncPlans(reason=REASON)
        prepared = runner.preview(actor, sync_plans, command)
        if not as_json:
            _show(prepared.preview)
        if dry_run:
            if as_json:
                changes = [[change.field, change.before, change.after] for change in prepared.preview.changes]
                typer.echo(json.dumps(to_plain({"changes": changes})))
            return
        confirmation = Confirmation(prepared.token, accepts_all=True)
        outcome = runner.run(actor, sync_plans, command, confirmation)
        typer.echo(json.dumps(to_plain(dict(outcome.result))) if as_json else outcome.summary)


def _show(preview: Preview) -> None:
    table = Table("What", "Now", "In Stripe")
    for change in preview.changes:
        table.add_row(change.field, str(change.before), str(change.after))
    if preview.changes:
        console.print(table)
    for warning in preview.warnings:
        console.print(warning.message, markup=False)
