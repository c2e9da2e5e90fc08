"""The command line: `adminboard`. Commands that belong to an area live there; here they are put together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Annotated

import structlog
import typer
from rich.console import Console

from adminboard.app import create_app
from adminboard.audit.cli import audit_app
from adminboard.auth.bootstrap import ensure_first_admin
from adminboard.auth.cli import admins_app, keys_app
from adminboard.cli_actions import actions_app, export
from adminboard.cli_bulk import bulk_app
from adminboard.cli_plans import plans_app
from adminboard.cli_reconcile import reconcile
from adminboard.cli_runtime import open_cli_runtime, sentences
from adminboard.cli_webhooks import webhooks_app
from adminboard.credits.cli import ledger_app
from adminboard.db.migrate import can_serve
from adminboard.db.prepare import prepare_schema
from adminboard.db.reachability import require_database
from adminboard.db.urls import parse_database_url
from adminboard.demo.cli import seed
from adminboard.demo.demonstration import prepared_demonstration
from adminboard.doctor.cli import doctor
from adminboard.figures.cli import figures_app
from adminboard.logs import configure_logs
from adminboard.metrics_port import counting_together, metrics_port
from adminboard.runtime import Runtime, open_runtime
from adminboard.serving import bind, serve, serve_in_processes
from adminboard.settings import Settings, SettingsError, load_settings
from adminboard.worker import WORKER_NAME, run_worker_until_told, worker_alongside

cli = typer.Typer(name="adminboard", no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
cli.add_typer(actions_app, name="actions")
cli.add_typer(admins_app, name="admins")
cli.add_typer(audit_app, name="audit")
cli.add_typer(bulk_app, name="bulk")
cli.add_typer(figures_app, name="figures")
cli.add_typer(keys_app, name="keys")
cli.add_typer(ledger_app, name="ledger")
cli.add_typer(plans_app, name="plans")
cli.add_typer(webhooks_app, name="webhooks")
cli.command("doctor")(doctor)
cli.command("export")(export)
cli.command("reconcile")(reconcile)
cli.command("seed")(seed)
console = Console()
logger = structlog.get_logger(__name__)
DEFAULT_PORT = 8000

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The port to listen on")]


@cli.command()
def demo(port: Port = DEFAULT_PORT) -> None:
    """Serve a demonstration with its own database, made-up customers and four accounts."""
    configure_logs()
    signal.signal(signal.SIGTERM, leave_orderly)
    with sentences():
        listener = bind("127.0.0.1", port)
        with prepared_demonstration(port) as demonstration:
            console.print(f"\n  The board is at [bold]http://127.0.0.1:{port}[/bold]")
            console.print("  Log in as viewer@, support@, billing@ or admin@aicallgo.test")
            console.print(f"  Password: [bold]{demonstration.password}[/bold]")
            console.print(f"  Stripe's stand-in is at {demonstration.stripe_url}")
            console.print("  Stop it with Ctrl-C.\n")
            runtime = demonstration.runtime
            with metrics_port(runtime, "127.0.0.1"):
                serve(create_app(runtime, alongside=worker_alongside(runtime)), listener)


def leave_orderly(number: int, _: object) -> None:
    """Ends the process by unwinding it, so that the demonstration's PostgreSQL stops with it."""
    sys.exit(128 + number)


@cli.command("serve")
def serve_board(
    host: Annotated[str, typer.Option(help="The address to listen on")] = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve")] = 1,
    worker: Annotated[bool, typer.Option(help="Run the jobs in these processes too")] = True,
    only_webhooks: Annotated[
        bool, typer.Option("--only-webhooks", help="Take in Stripe's events and nothing else; runs no jobs")
    ] = False,
) -> None:
    """Serve the board on the database that DATABASE_URL names."""
    configure_logs()
    with sentences():
        settings = load_settings()
        runtime = open_runtime(settings)
        require_ready(settings, runtime)
        ensure_first_admin(runtime)
        listener = bind(host, port)
        logger.info("serving", host=host, port=port, processes=processes)
        proxies = settings.trusted_proxies
        if processes > 1:
            runtime.dispose()
            factory = _name_factory(worker=worker, only_webhooks=only_webhooks)
            with counting_together(settings), metrics_port(runtime, host):
                serve_in_processes(factory, listener, processes=processes, trusted_proxies=proxies)
            return
        alongside = worker_alongside(runtime) if worker and not only_webhooks else None
        app = create_app(runtime, alongside=alongside, only_incoming=only_webhooks)
        with metrics_port(runtime, host):
            serve(app, listener, trusted_proxies=proxies)


def _name_factory(*, worker: bool, only_webhooks: bool) -> str:
    """What makes the application of each of several processes."""
    if only_webhooks:
        return "adminboard.web_process:make_intake"
    return f"adminboard.web_process:{'make_app' if worker else 'make_app_without_worker'}"


def require_ready(settings: Settings, runtime: Runtime) -> None:
    """Raises what is wrong with settings or database before the first request meets it."""
    _ = settings.secret_keys, settings.stripe_access
    assert settings.database_url is not None
    require_database(settings.database_url.get_secret_value())
    require_schema(runtime)


def require_schema(runtime: Runtime) -> None:
    """Raises `SettingsError` where this version cannot work on the database's schema."""
    with runtime.database.engine.connect() as connection:
        if not can_serve(connection):
            raise SettingsError("The database's schema is not up to date. Run `adminboard migrate`.")


@cli.command()
def worker(
    host: Annotated[str, typer.Option(help="The address at which METRICS_PORT is listened on")] = "127.0.0.1",
) -> None:
    """Run the board's jobs: expiry of credits and whatever else comes by the clock."""
    configure_logs()
    with open_cli_runtime(application_name=WORKER_NAME, traced=True) as runtime:
        require_schema(runtime)
        with metrics_port(runtime, host):
            let_others_go_first(runtime.settings.worker_nice)
            asyncio.run(run_worker_until_told(runtime))


def let_others_go_first(nice: int) -> None:
    """Lowers the priority of this process to ``nice``, unless whoever started it made it as low already."""
    os.nice(max(nice - os.nice(0), 0))


@cli.command()
def migrate(
    board_only: Annotated[bool, typer.Option(help="Leave the product's tables to its own backend")] = False,
) -> None:
    """Bring the database's schema up to date and give the board's role its privileges."""
    configure_logs()
    with sentences():
        settings = load_settings()
        owner_url = settings.migration_database_url or settings.database_url
        if owner_url is None or settings.database_url is None:
            raise SettingsError("DATABASE_URL is missing: set it to the board's role and database.")
        app_role = parse_database_url(settings.database_url.get_secret_value()).username or ""
        prepare_schema(owner_url.get_secret_value(), app_role, board_only=board_only)
        console.print("The database is up to date.")


def main() -> None:
    """The entry point of the console script."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    cli()
