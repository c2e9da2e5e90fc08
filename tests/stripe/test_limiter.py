"""The limit on the board's side: so many calls a second, and a pause for all when Stripe asks for one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adminboard.stripe.errors import RateLimited
from adminboard.stripe.limiter import Limiter


class Time:
    """Stands still but for the pauses, which it counts."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_calls_go_out_in_a_short_burst_and_then_evenly() -> None:
    time = Time()
    limiter = Limiter(100, monotonic=time.monotonic, pause=time.pause)

    for _ in range(320):
        limiter.wait()

    assert len(time.pauses) == 300
    assert time.now == pytest.approx(3)


def test_after_a_quiet_time_there_is_no_more_than_one_burst() -> None:
    time = Time()
    limiter = Limiter(100, monotonic=time.monotonic, pause=time.pause)
    time.now = 3_600

    for _ in range(21):
        limiter.wait()

    assert time.pauses == [pytest.approx(0.01)]


def test_a_slow_limit_lets_the_first_call_through_at_once() -> None:
    time = Time()
    limiter = Limiter(2, monotonic=time.monotonic, pause=time.pause)

    for _ in range(3):
        limiter.wait()

    assert time.pauses == [pytest.approx(0.5), pytest.approx(0.5)]


def test_backing_off_holds_everybody_and_the_longest_wish_counts() -> None:
    time = Time()
    limiter = Limiter(100, monotonic=time.monotonic, pause=time.pause)
    limiter.back_off(4)
    limiter.back_off(1)

    limiter.wait()
    limiter.wait()

    assert time.pauses == [pytest.approx(4)]


def test_whoever_would_wait_too_long_is_told_when_to_come_back() -> None:
    time = Time()
    limiter = Limiter(100, monotonic=time.monotonic, pause=time.pause)
    limiter.back_off(30)

    with pytest.raises(RateLimited) as refused:
        limiter.wait()

    assert refused.value.retry_after_seconds == 31
    time.now = 30
    limiter.wait()
    assert time.pauses == []


def test_threads_share_the_limit() -> None:
    pauses: list[float] = []
    limiter = Limiter(100, monotonic=lambda: 0, pause=pauses.append)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: limiter.wait(), range(220)))

    assert len(pauses) == 200
    assert max(pauses) == pytest.approx(2)
