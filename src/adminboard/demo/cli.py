"""The commands of the demonstration and its data."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from adminboard.db.errors import DatabaseError
from adminboard.db.reachability import require_database
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.plan import SeedPlan, Size, plan_counts
from adminboard.demo.seed.progress import SeedProgress
from adminboard.settings import Settings, SettingsError, load_settings


def seed(
    users: Annotated[int | None, typer.Option(min=1, help="How many users; the rest in proportion.")] = None,
    calls: Annotated[int | None, typer.Option(min=0, help="How many calls.")] = None,
    seed: Annotated[int, typer.Option(help="Another number makes other data.")] = 1,
    as_of: Annotated[
        datetime | None, typer.Option(help="The moment the data is of, in UTC; now unless given.")
    ] = None,
    size: Annotated[Size | None, typer.Option(help="The numbers of a usual size.")] = None,
) -> None:
    """Fill an empty database with made-up data: the same for the same numbers, seed and moment."""
    console = Console()
    try:
        settings = load_settings()
        moment = (as_of or datetime.now(UTC)).replace(tzinfo=UTC)
        plan = SeedPlan(seed, moment, settings.default_timezone, plan_counts(size, users, calls))
        owner_url = _get_owner_url(settings)
        require_database(owner_url, variable="MIGRATION_DATABASE_URL")
        loaded = seed_database(owner_url, plan, SeedProgress(console))
    except (DatabaseError, SettingsError) as error:
        Console(stderr=True).print(str(error), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    console.print(
        f"{plan.counts.users:,} users, {plan.counts.calls:,} calls; {loaded.total:,} rows in all, as of "
        f"{moment:%Y-%m-%d %H:%M} UTC.",
        highlight=False,
    )


def _get_owner_url(settings: Settings) -> str:
    """Raises `SettingsError` when neither variable is set."""
    url = settings.migration_database_url or settings.database_url
    if url is None:
        raise SettingsError(
            "MIGRATION_DATABASE_URL is missing. Set it to the address of an empty, migrated database, "
            "with the role that owns its tables."
        )
    return url.get_secret_value()
