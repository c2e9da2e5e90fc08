"""Ids that sort as they were made."""

from concurrent.futures import ThreadPoolExecutor

from adminboard.core.ids import new_ordered_id


def test_ids_ascend_as_they_are_made() -> None:
    made = [new_ordered_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert {one.version for one in made} == {7}


def test_no_two_threads_make_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: new_ordered_id(), range(10_000)))
    assert len(set(made)) == 10_000
