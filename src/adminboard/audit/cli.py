"""``adminboard audit``: verify the chain, sign its end, take the log elsewhere."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from adminboard.audit.api import verification_to_json
from adminboard.audit.checkpoint import Checkpoint, CheckpointKeys, make_checkpoint, read_checkpoints
from adminboard.audit.export import ExportFormat, export_entries
from adminboard.audit.verify import Verification, verify_chain
from adminboard.cli_runtime import EXIT_REFUSED, command_actor, open_cli_runtime
from adminboard.core.audit import Target
from adminboard.runtime import Runtime

audit_app = typer.Typer(help="Verify, sign and export the audit log.", no_args_is_help=True)

CheckpointFile = Annotated[
    Path | None,
    typer.Option(
        "--checkpoints",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Lines that `audit checkpoint` printed, kept elsewhere.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@audit_app.command()
def verify(checkpoints: CheckpointFile = None, as_json: AsJson = False) -> None:
    """Recompute every hash; exit with 1 and name the first bad entry when something was changed.

    A tail that was cut, or a chain computed anew, is only found by comparing with checkpoints.
    """
    with open_cli_runtime() as runtime:
        copies = _read_file(checkpoints)
        verification = _verify(runtime, copies)
    if as_json:
        typer.echo(json.dumps(verification_to_json(verification)))
    elif verification.intact:
        typer.echo(_describe(verification))
    else:
        typer.echo(str(verification.fault), err=True)
    if not verification.intact:
        raise typer.Exit(EXIT_REFUSED)


@audit_app.command()
def checkpoint() -> None:
    """Verify the chain, sign its end, and print that as one line of JSON to be kept elsewhere."""
    with open_cli_runtime() as runtime:
        verification = _verify(runtime, [])
        if not verification.intact:
            typer.echo(f"Not signed: {verification.fault}", err=True)
            raise typer.Exit(EXIT_REFUSED)
        with runtime.work(command_actor()) as work:
            made = make_checkpoint(work, _keys(runtime))
    typer.echo(made.to_line())


@audit_app.command()
def export(
    form: Annotated[ExportFormat, typer.Option("--format", help="One JSON object a line, or CSV.")] = (
        ExportFormat.JSON_LINES
    ),
    after: Annotated[int, typer.Option(min=0, help="Only entries beyond this position.")] = 0,
) -> None:
    """Print the log, oldest entry first. That it was exported is written to the log."""
    with open_cli_runtime() as runtime:
        with runtime.work(command_actor()) as work:
            summary = f"Exported the audit log as {form.value}"
            work.audit("audit.export", Target("audit_log", "export", "Audit log"), summary)
        with runtime.exporting(command_actor()) as session:
            for line in export_entries(session, form, after=after):
                sys.stdout.write(line)


def _verify(runtime: Runtime, copies: list[Checkpoint]) -> Verification:
    with runtime.reading(command_actor()) as session:
        return verify_chain(session, _keys(runtime), copies)


def _keys(runtime: Runtime) -> CheckpointKeys:
    return CheckpointKeys(runtime.settings.secret_keys)


def _read_file(path: Path | None) -> list[Checkpoint]:
    if path is None:
        return []
    with path.open(encoding="utf-8", errors="replace") as lines:
        return read_checkpoints(lines)


def _describe(verification: Verification) -> str:
    entries = f"{verification.entries:,} {'entry' if verification.entries == 1 else 'entries'}"
    if not verification.checkpoints:
        return f"The audit log is intact: {entries}. No checkpoint to compare with; make one now and then."
    checkpoints = (
        "1 checkpoint" if verification.checkpoints == 1 else f"{verification.checkpoints} checkpoints"
    )
    return f"The audit log is intact: {entries}, compared with {checkpoints}."
