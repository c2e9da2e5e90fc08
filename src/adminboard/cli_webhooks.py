"""``adminboard webhooks``: applying events of Stripe's once more, and finding those that never came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from adminboard.app import make_board
from adminboard.billing.event_models import ProcessingStatus
from adminboard.cli_runtime import EXIT_REFUSED, EXIT_USAGE, command_actor, open_cli_runtime, stop
from adminboard.core.action_runner import Confirmation
from adminboard.core.actions import Action
from adminboard.core.canonical import to_plain
from adminboard.core.commands import Command, parse_command
from adminboard.webhooks.at_once import EventOutcome, apply_at_once
from adminboard.webhooks.gaps import STRIPE_LISTS, Gaps, fetch_missing
from adminboard.webhooks.replay_event import replay_event
from adminboard.webhooks.replay_failed import replay_failed

webhooks_app = typer.Typer(no_args_is_help=True, help="Replay events of Stripe's, and fetch missing ones")
console = Console(soft_wrap=True)
PATIENCE_SECONDS = 3600.0

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


@webhooks_app.command()
def replay(
    event: Annotated[str | None, typer.Argument(help="The event's id, Stripe's or the board's")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All failed events that match instead")] = False,
    event_type: Annotated[
        str | None, typer.Option("--type", help="Only this type, like invoice.paid")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only of this user's customer")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only those received since, like 2026-12-01T14:30Z")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, the oldest first")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit log")] = "Replayed from the command line",
    as_json: AsJson = False,
) -> None:
    """Apply one event once more, or all failed ones, by what Stripe says now. Exits with 1 when one fails."""
    if failed == (event is not None):
        stop("Name one event, or say --failed, not both.", EXIT_USAGE)
    filters = {"event_type": event_type, "user": user, "since": since, "limit": limit}
    given = {name: value for name, value in filters.items() if value is not None}
    if event is not None and given:
        stop("--type, --user, --since and --limit choose among failed events: say --failed.", EXIT_USAGE)
    action: Action[Any] = replay_failed if failed else replay_event
    command = parse_command(action.command, {"reason": reason, **(given if failed else {"event": event})})
    _replay(action, command, as_json=as_json)


@webhooks_app.command()
def gaps(
    days: Annotated[int, typer.Option(min=1, max=STRIPE_LISTS.days, help="How far back to look")] = 30,
    as_json: AsJson = False,
) -> None:
    """Compare Stripe's list of events with the log, and fetch those that never came."""
    with open_cli_runtime() as runtime:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=Console(stderr=True), disable=as_json) as progress:
            task = progress.add_task("Asking Stripe")
            found = fetch_missing(
                runtime,
                actor=command_actor(),
                back=timedelta(days=days),
                tell=lambda so_far: progress.update(task, description=_in_words(so_far)),
            )
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        console.print(f"{_in_words(found)}.", markup=False)


def _replay(action: Action[Any], command: Command, *, as_json: bool) -> None:
    with open_cli_runtime() as runtime:
        outcome = make_board(runtime).runner.run(command_actor(), action, command, Confirmation())
        events = apply_at_once(runtime, outcome.result["events"], patience_seconds=PATIENCE_SECONDS)
    if as_json:
        found = [to_plain(asdict(event)) for event in events]
        typer.echo(json.dumps({"run": outcome.result.get("run"), "events": found}))
    else:
        _show(outcome.summary, events)
    if any(event.status is ProcessingStatus.FAILED for event in events):
        raise typer.Exit(EXIT_REFUSED)


def _show(summary: str, events: Sequence[EventOutcome]) -> None:
    if not events:
        console.print(summary, markup=False)
    for event in events:
        error = f": {event.error}" if event.error else ""
        console.print(f"{event.event_id} {event.event_type} {event.status.value}{error}", markup=False)


def _in_words(found: Gaps) -> str:
    return f"{found.listed:,} events at Stripe, {found.missing:,} of them missing here and fetched"
