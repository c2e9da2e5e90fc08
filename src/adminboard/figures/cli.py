"""``adminboard figures``: counting them anew."""

import json
from typing import Annotated

import typer

from adminboard.cli_runtime import command_actor, open_cli_runtime
from adminboard.figures.rebuild import rebuild_figures

figures_app = typer.Typer(help="Keep the figures of the dashboard and the lists.", no_args_is_help=True)


@figures_app.callback()
def figures() -> None:
    """Keep the figures of the dashboard and the lists."""


@figures_app.command()
def rebuild(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Count every figure anew; until that is done everybody sees them as they were."""
    with open_cli_runtime() as runtime:
        different = rebuild_figures(runtime, command_actor())
    if as_json:
        typer.echo(json.dumps({"days_different": different}))
    else:
        typer.echo(f"The figures are counted anew. Days that were different: {different:,}.")
