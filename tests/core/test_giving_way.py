"""Work that can wait rests for as long as others had to wait for a processor, and no longer."""

from pathlib import Path

import pytest

from adminboard.core.giving_way import MOST_REST_SECONDS, giving_way, rest_after, seconds_waited

PRESSURE = "some avg10=89.51 avg60=55.49 avg300=31.59 total=1131742\nfull avg10=0.00 avg60=0.00 total=7\n"


@pytest.mark.parametrize(
    ("step", "waited", "rest"),
    [(0.2, 0.0, 0.0), (0.2, 0.01, 0.03), (0.2, 0.2, 0.6), (5.0, 5.0, MOST_REST_SECONDS), (0.2, -1.0, 0.0)],
    ids=["nobody waited", "a little", "all the time", "a long step", "a clock that went back"],
)
def test_the_rest_follows_how_long_others_waited(step: float, waited: float, rest: float) -> None:
    assert rest_after(step, waited) == pytest.approx(rest)


def test_linux_tells_how_long_anybody_waited(tmp_path: Path) -> None:
    told = tmp_path / "cpu"
    told.write_text(PRESSURE)
    assert seconds_waited(told) == pytest.approx(1.131742)
    told.write_text("some of another kind\n")
    assert seconds_waited(told) is None
    assert seconds_waited(tmp_path / "none") is None


def test_it_rests_after_the_step_and_not_where_nothing_is_told() -> None:
    rests: list[float] = []
    told = iter([1.0, 60.0])
    with giving_way(lambda: next(told), rests.append):
        assert rests == []
    assert len(rests) == 1
    with giving_way(lambda: None, rests.append):
        pass
    assert len(rests) == 1


def test_a_step_that_fails_is_told_of_at_once() -> None:
    rests: list[float] = []
    told = iter([1.0, 60.0])
    with pytest.raises(RuntimeError, match="failed"), giving_way(lambda: next(told), rests.append):
        raise RuntimeError("failed")
    assert rests == []
