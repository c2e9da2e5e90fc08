"""Small plans to make rows by."""

from datetime import UTC, datetime

from adminboard.demo.seed.copy_rows import Block
from adminboard.demo.seed.plan import SeedPlan, plan_counts
from adminboard.demo.seed.processes import make_blocks

AS_OF = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
TIME_ZONE = "America/Los_Angeles"


def make_plan(users: int = 600, calls: int = 15_000, seed: int = 7) -> SeedPlan:
    return SeedPlan(seed, AS_OF, TIME_ZONE, plan_counts(None, users, calls))


def list_rows(plan: SeedPlan, processes: int = 1) -> list[Block]:
    return list(make_blocks(plan, processes))
