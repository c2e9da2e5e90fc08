"""How much is made, and how it is divided."""

from dataclasses import asdict

import pytest

from adminboard.demo.seed.plan import COUNTS, Counts, SeedPlan, Size, plan_counts, split_large_organizations
from tests.demo.plans import AS_OF, TIME_ZONE, make_plan


@pytest.mark.parametrize("size", Size)
def test_each_size_is_met_by_its_numbers_of_users_and_calls(size: Size) -> None:
    counts = COUNTS[size]
    assert plan_counts(None, counts.users, counts.calls) == counts
    assert plan_counts(size, None, None) == counts


def test_other_numbers_keep_the_proportions_of_the_nearest_size() -> None:
    counts = plan_counts(None, 100_000, 1_000_000)
    assert counts == Counts(100_000, 60_000, 1_000_000, 500_000, 100_000, 250_000, 250_000)


def test_calls_are_in_proportion_unless_given() -> None:
    assert plan_counts(None, 2_494, None).calls == 90_462
    assert plan_counts(Size.DEMO, None, 10).calls == 10


@pytest.mark.parametrize("users", [1, 7, 1_247, 1_999, 2_001, 40_000, 200_000, 1_000_000])
def test_chunks_add_up_to_the_whole(users: int) -> None:
    plan = make_plan(users, users * 3)
    chunks = [asdict(chunk.counts) for chunk in plan.chunks()]
    assert {name: sum(chunk[name] for chunk in chunks) for name in chunks[0]} == asdict(plan.counts)
    assert all(0 < chunk["users"] <= 5_000 for chunk in chunks)


def test_bench_has_an_organization_of_5000_members() -> None:
    own, shared = split_large_organizations(COUNTS[Size.BENCH].users)
    assert own == [5_000, 2_500, 1_250]
    assert shared == [500, 200]
    plan = SeedPlan(1, AS_OF, TIME_ZONE, COUNTS[Size.BENCH])
    chunks = list(plan.chunks())
    assert [chunk.large_organizations for chunk in chunks[:5]] == [
        (5_000,),
        (2_500,),
        (1_250,),
        (500, 200),
        (),
    ]
    assert [chunk.counts.users for chunk in chunks[:3]] == [5_000, 2_500, 1_250]
