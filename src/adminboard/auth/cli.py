"""``adminboard admins`` and ``adminboard keys``: the same actions as in Settings, from the server."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from adminboard.auth.actions import (
    ACTIONS,
    create_key,
    disable_admin,
    invite_admin,
    reset_second_factor,
    revoke_key,
)
from adminboard.auth.keys import MARK
from adminboard.auth.listing import KEY_STATUS
from adminboard.auth.models import Admin, ApiKey
from adminboard.auth.resealing import reseal_second_factors
from adminboard.auth.sealing import SealedTexts
from adminboard.auth.totp import SEALING_PURPOSE
from adminboard.cli_runtime import command_actor, open_cli_runtime
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actions import Action, Actions
from adminboard.core.commands import parse_command
from adminboard.core.errors import NotFound
from adminboard.core.permissions import Role
from adminboard.runtime import Runtime

admins_app = typer.Typer(help="The people who may use the board.", no_args_is_help=True)
keys_app = typer.Typer(help="Keys for the REST API.", no_args_is_help=True)
console = Console()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address")]
Acknowledge = Annotated[list[str] | None, typer.Option(help="A warning's code you have seen and accept")]


@admins_app.command("create")
def create(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they may do")] = Role.VIEWER,
    name: Annotated[str | None, typer.Option(help="Their name; else the first part of the address")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a person; prints the code with which they set their password, once."""
    data = {"email": email, "name": name or email.partition("@")[0], "role": role.value}
    with open_cli_runtime() as runtime:
        outcome = _run(runtime, invite_admin, data)
        _show(outcome, as_json)
        if not as_json:
            typer.echo(f"Set the password at {runtime.settings.public_url}/set-password within 7 days.")


@admins_app.command("disable")
def disable(email: Email, acknowledge: Acknowledge = None, as_json: AsJson = False) -> None:
    """Disable an account; its sessions and keys stop at once."""
    with open_cli_runtime() as runtime:
        _show(_run(runtime, disable_admin, {"admin": email}, acknowledge), as_json)


@admins_app.command("reset-2fa")
def reset_2fa(email: Email, as_json: AsJson = False) -> None:
    """Take a person's second factor away, so that they can set a new one."""
    with open_cli_runtime() as runtime:
        _show(_run(runtime, reset_second_factor, {"admin": email}), as_json)


@admins_app.command("reseal")
def reseal(as_json: AsJson = False) -> None:
    """Encrypt all second factors with the first SECRET_KEY, so that the former ones can be taken away."""
    with open_cli_runtime() as runtime:
        sealed = SealedTexts(runtime.settings.secret_keys, SEALING_PURPOSE)
        with runtime.work(command_actor()) as work:
            count = reseal_second_factors(work, sealed)
    told = (
        json.dumps({"resealed": count})
        if as_json
        else f"Second factors that have the current key now: {count}."
    )
    typer.echo(told)


@keys_app.command("create")
def create_api_key(
    name: Annotated[str, typer.Argument(help="What the key is for")],
    owner: Annotated[str, typer.Option(help="E-mail address of the admin it belongs to")],
    scope: Annotated[list[str], typer.Option(help="What it may do, like customers.read; several times")],
    days: Annotated[int, typer.Option(help="How long it is valid")] = 90,
    acknowledge: Acknowledge = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; prints it, once."""
    data = {"name": name, "owner": owner, "scopes": scope, "valid_days": days}
    with open_cli_runtime() as runtime:
        _show(_run(runtime, create_key, data, acknowledge), as_json)


@keys_app.command("revoke")
def revoke_api_key(
    prefix: Annotated[str, typer.Argument(help="How the key begins, as `keys list` shows it")],
    as_json: AsJson = False,
) -> None:
    """Revoke a key: its next request is refused."""
    with open_cli_runtime() as runtime:
        _show(_run(runtime, revoke_key, {"key": _find_key_id(runtime, prefix)}), as_json)


@keys_app.command("list")
def list_api_keys(as_json: AsJson = False) -> None:
    """Name every key with its owner, scopes and expiry; never its secret."""
    with open_cli_runtime() as runtime:
        keys = _load_keys(runtime)
    if as_json:
        typer.echo(json.dumps(keys))
        return
    table = Table("Begins with", "Name", "Owner", "Status", "Expires", "Scopes")
    for key in keys:
        table.add_row(
            *(str(key[column]) for column in ("prefix", "name", "owner", "status", "expires_at", "scopes"))
        )
    console.print(table)


def _run(
    runtime: Runtime, action: Action[Any], data: dict[str, Any], acknowledge: list[str] | None = None
) -> Outcome:
    runner = ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions(ACTIONS))
    actor, command = command_actor(), parse_command(action.command, data)
    token = runner.preview(actor, action, command).token
    return runner.run(actor, action, command, Confirmation(token, frozenset(acknowledge or ())))


def _show(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        answer = {"result": dict(outcome.result), "shown_once": dict(outcome.shown_once)}
        typer.echo(json.dumps(answer))
        return
    typer.echo(outcome.summary)
    for name, secret in outcome.shown_once.items():
        typer.echo(f"{name.replace('_', ' ').capitalize()}, shown once: {secret}")


def _load_keys(runtime: Runtime) -> list[dict[str, Any]]:
    statement = (
        select(
            ApiKey.prefix,
            ApiKey.name,
            Admin.email.label("owner"),
            KEY_STATUS.label("status"),
            ApiKey.expires_at,
            ApiKey.scopes,
        )
        .join(Admin, Admin.id == ApiKey.owner_admin_id)
        .order_by(ApiKey.created_at.desc())
    )
    with runtime.reading(command_actor()) as session:
        rows = session.execute(statement, {"now": runtime.clock.now()}).mappings().all()
    return [
        dict(row) | {"prefix": f"{MARK}_{row['prefix']}", "expires_at": row["expires_at"].isoformat()}
        for row in rows
    ]


def _find_key_id(runtime: Runtime, typed: str) -> str:
    prefix = typed.removeprefix(f"{MARK}_").partition("_")[0]
    with runtime.reading(command_actor()) as session:
        key_id = session.scalar(select(ApiKey.id).where(ApiKey.prefix == prefix))
    if key_id is None:
        raise NotFound(f"No key begins with {MARK}_{prefix}. `adminboard keys list` names them all.")
    return str(key_id)
