"""Filling a database with made-up data as `adminboard seed` and the demonstration do it."""

from datetime import UTC, datetime

from rich.console import Console
from sqlalchemy.engine import URL

from adminboard.demo.seed.load import Loaded, seed_database
from adminboard.demo.seed.plan import COUNTS, SeedPlan, Size
from adminboard.demo.seed.progress import SeedProgress

DEMO_SEED = 1


def fill_demo(owner_url: str | URL, time_zone: str, console: Console | None = None) -> Loaded:
    """Data of the demonstration's size, as of now. Raises what `seed_database` raises."""
    plan = SeedPlan(DEMO_SEED, datetime.now(UTC), time_zone, COUNTS[Size.DEMO])
    return seed_database(owner_url, plan, SeedProgress(console or Console()))
