"""``adminboard ledger``: does the ledger add up?"""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from adminboard.cli_runtime import EXIT_REFUSED, command_actor, open_cli_runtime
from adminboard.core.canonical import to_plain
from adminboard.credits.verify import LedgerSize, Violation, get_ledger_size, verify_ledger
from adminboard.users.lookup import get_user

ledger_app = typer.Typer(help="Verify the ledger of credits.", no_args_is_help=True)


@ledger_app.callback()
def ledger() -> None:
    """Verify the ledger of credits."""


@ledger_app.command()
def verify(
    user: Annotated[str | None, typer.Option(help="Only this user's, by id or e-mail address.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check every rule of the ledger; exit with 1 and name the first offenders when one does not hold."""
    with (
        open_cli_runtime() as runtime,
        runtime.reading(command_actor(), statement_timeout_ms=0) as session,
    ):
        user_id = get_user(session, user).id if user else None
        violations = verify_ledger(session, user_id)
        size = get_ledger_size(session)
    if as_json:
        _print_json(violations, size)
    elif violations:
        _print_violations(violations)
    else:
        whose = f"The ledger of {user}" if user else "The ledger"
        typer.echo(f"{whose} adds up. Entries in all: {size.transactions:,}. Balances: {size.users:,}.")
    if violations:
        raise typer.Exit(EXIT_REFUSED)


def _print_json(violations: list[Violation], size: LedgerSize) -> None:
    result = {
        "adds_up": not violations,
        "users": size.users,
        "transactions": size.transactions,
        "violations": [to_plain(asdict(violation)) for violation in violations],
    }
    typer.echo(json.dumps(result))


def _print_violations(violations: list[Violation]) -> None:
    rule = None
    for violation in violations:
        if violation.rule != rule:
            rule = violation.rule
            typer.echo(f"This does not hold: {rule}.", err=True)
        where = f", entry {violation.transaction_id}" if violation.transaction_id else ""
        typer.echo(f"  user {violation.user_id}{where}: {violation.finding}", err=True)
