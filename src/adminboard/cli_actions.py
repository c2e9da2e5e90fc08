"""Every action and every list from the command line, by the same declarations as pages and API."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from adminboard.app import make_board
from adminboard.cli_runtime import EXIT_USAGE, EXIT_WAITS, command_actor, open_cli_runtime, stop
from adminboard.core.action_runner import Confirmation, Outcome
from adminboard.core.commands import parse_command
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.query import read_query
from adminboard.web.action_api import outcome_to_json, preview_to_json
from adminboard.web.list_api import audit_export

actions_app = typer.Typer(no_args_is_help=True, help="Change things: every action of the board, by name")
console = Console()

Acknowledge = Annotated[list[str] | None, typer.Option(help="A warning's code you have seen and accept")]
Filters = Annotated[list[str] | None, typer.Option("--filter", help="parameter=value, as in the address")]


@actions_app.command("list")
def list_actions() -> None:
    """Name every action with its fields."""
    with open_cli_runtime() as runtime:
        table = Table("Action", "What it does", "Fields")
        for action in make_board(runtime).runner.actions:
            fields = action.command.asked_fields()
            required = [name for name, field in fields.items() if field.is_required()]
            optional = [f"[{name}]" for name in fields if name not in required]
            table.add_row(action.name, action.title, " ".join([*required, *optional]).replace("[", "\\["))
        console.print(table)


@actions_app.command("run")
def run_action(
    name: Annotated[str, typer.Argument(help="The action's name, as `actions list` shows it")],
    values: Annotated[list[str], typer.Option("--set", help="field=value, once for each field")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
    acknowledge: Acknowledge = None,
    idempotency_key: Annotated[str | None, typer.Option(help="Makes a repeat of this call harmless")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Run one action: preview, and, unless it is a dry run, the change itself."""
    with open_cli_runtime() as runtime:
        runner, actor = make_board(runtime).runner, command_actor()
        action = runner.actions.get(name)
        command = parse_command(action.command, _read_values(values))
        prepared = runner.preview(actor, action, command)
        if dry_run:
            _show_preview(preview_to_json(prepared, actor), as_json)
            return
        confirmation = Confirmation(prepared.token, frozenset(acknowledge or ()), idempotency_key)
        tell(runner.run(actor, action, command, confirmation), as_json=as_json)


@actions_app.command("undo")
def undo_action(
    audit_id: Annotated[str, typer.Argument(help="The id of the change in the audit log")],
    acknowledge: Acknowledge = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Undo a change, where it has an undo and was not undone before."""
    with open_cli_runtime() as runtime:
        runner, actor = make_board(runtime).runner, command_actor()
        undoes = _read_id(audit_id)
        action, command = runner.find_undo(actor, undoes)
        confirmation = Confirmation(None, frozenset(acknowledge or ()), undoes=undoes)
        tell(runner.run(actor, action, command, confirmation), as_json=as_json)


def export(
    page: Annotated[str, typer.Argument(help="A list's name, like users")],
    filters: Filters = None,
) -> None:
    """Write a whole filtered list as CSV to standard output."""
    with open_cli_runtime() as runtime:
        board = make_board(runtime)
        listing = board.listings.get(page)
        if listing is None:
            stop(f"There is no list {page!r}. There are: {', '.join(sorted(board.listings))}.", EXIT_USAGE)
        parameters: dict[str, list[str]] = {}
        for filter_ in filters or ():
            parameter, value = _split(filter_)
            parameters.setdefault(parameter, []).append(value)
        query = read_query(listing, parameters, command_actor(), runtime.clock.now())
        audit_export(runtime, command_actor(), listing, query)
        with runtime.exporting(command_actor()) as session:
            for chunk in stream_csv(session, export_statement(session, listing, query)):
                sys.stdout.buffer.write(chunk)


def tell(outcome: Outcome, *, as_json: bool) -> None:
    """Prints what was done. Exits with `EXIT_WAITS` when it was only asked for."""
    if as_json:
        typer.echo(json.dumps(outcome_to_json(outcome)))
    else:
        console.print(outcome.summary, markup=False)
        if outcome.operation is not None and outcome.operation.is_open:
            console.print(f"{outcome.operation.sentence} Operation {outcome.operation.id}", markup=False)
        for label, secret in outcome.shown_once.items():
            typer.echo(f"{label} (shown once): {secret}")
        if outcome.can_undo:
            console.print(f"Undo: adminboard actions undo {outcome.audit_id}", markup=False)
    if outcome.approval_id is not None:
        raise typer.Exit(EXIT_WAITS)


def _read_values(values: Sequence[str]) -> dict[str, Any]:
    return dict(_split(value) for value in values)


def _split(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        stop(f"{text!r} is not of the form name=value.", EXIT_USAGE)
    return name, value


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        stop(f"{text!r} is not the id of a change.", EXIT_USAGE)


def _show_preview(preview: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"preview": preview}))
        return
    table = Table("", "Before", "After", title=preview["subject"]["label"])
    for change in preview["changes"]:
        table.add_row(change["field"], str(change["before"]), str(change["after"]))
    console.print(table)
    for warning in preview["warnings"]:
        hint = f" (--acknowledge {warning['code']})" if warning["must_acknowledge"] else ""
        console.print(f"Warning: {warning['message']}{hint}", markup=False)
    if preview["needs_approval"]:
        console.print("This needs the approval of a second admin.")
