"""Measuring: how long one user waits, and how many answers eight connections get."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median

from benchmarks.client import Answer, Client

WARM_UP = 10
ALONE = 200
CONNECTIONS = 8
TOGETHER_SECONDS = 4.0

Request = Callable[[Client], Answer]


class UnexpectedAnswer(RuntimeError):
    """A measured request did not answer as it must; its time means nothing."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Milliseconds of requests that came one after the other; ``kilobytes`` is the median's answer.

    ``slowest`` is the place in the sequence of the request whose own median is the highest, ``slowest_ms``.
    """

    median_ms: float
    p95_ms: float
    kilobytes: float
    slowest: int
    slowest_ms: float


def measure_alone(
    make_client: Callable[[], Client], requests: Sequence[Request], count: int = ALONE
) -> Alone:
    """One user, the requests in turn, each at least once. Raises `UnexpectedAnswer`."""
    client, turns = make_client(), cycle(requests)
    for _ in range(max(WARM_UP, len(requests))):
        _checked(next(turns)(client))
    turns = cycle(requests)
    answers = [_checked(next(turns)(client)) for _ in range(max(count, len(requests)))]
    times = sorted(answer.seconds for answer in answers)
    sizes = sorted(len(answer.body) for answer in answers)
    own = [
        median(answer.seconds for answer in answers[place :: len(requests)]) for place in range(len(requests))
    ]
    slowest = max(range(len(requests)), key=own.__getitem__)
    return Alone(
        times[len(times) // 2] * 1e3,
        times[int(len(times) * 0.95)] * 1e3,
        sizes[len(sizes) // 2] / 1e3,
        slowest,
        own[slowest] * 1e3,
    )


def measure_together(
    make_client: Callable[[], Client], requests: Sequence[Request], seconds: float = TOGETHER_SECONDS
) -> float:
    """Answers a second that eight connections get which ask all the time. Raises `UnexpectedAnswer`."""
    answered = [0] * CONNECTIONS
    failures: list[BaseException] = []
    end = time.perf_counter() + seconds

    def ask(number: int) -> None:
        client, turns = make_client(), cycle([*requests[number:], *requests[:number]])
        try:
            while time.perf_counter() < end:
                _checked(next(turns)(client))
                answered[number] += 1
        except (UnexpectedAnswer, OSError) as failure:
            failures.append(failure)

    began = time.perf_counter()
    threads = [threading.Thread(target=ask, args=[number]) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(answered) / (time.perf_counter() - began)


def gets(paths: Iterable[str], headers: dict[str, str] | None = None) -> list[Request]:
    """A request for each path."""

    def make(path: str) -> Request:
        return lambda client: client.get(path, headers)

    return [make(path) for path in paths]


def _checked(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise UnexpectedAnswer(f"{answer.path} answered {answer.status}")
    return answer
