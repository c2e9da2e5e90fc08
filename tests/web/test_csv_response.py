"""Exports that are sent: a few read at once, no page kept waiting, and what they hold given back."""

import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from threading import Lock
from typing import Any

import anyio
import pytest
from anyio import CapacityLimiter, to_thread, wait_all_tasks_blocked
from starlette.requests import ClientDisconnect

from adminboard.web.csv_response import AT_ONCE, MOST_PIECES, CsvResponse, make_turns

Awaited = Callable[[], Coroutine[Any, Any, None]]
SCOPE: dict[str, Any] = {"type": "http", "asgi": {"spec_version": "2.4"}}


class Reading:
    """Counts how many exports are read at the same moment, and how many gave back what they held."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.closed = Lock(), 0, 0, 0

    def pieces(self, number: int) -> Iterator[bytes]:
        for _ in range(number):
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.002)
            with self.lock:
                self.now -= 1
            yield b"row\n"

    def response(self, turns: CapacityLimiter, number: int) -> CsvResponse:
        stack = ExitStack()
        stack.callback(self._note_closed)
        return CsvResponse("calls.csv", b"head\n", self.pieces(number), stack=stack, turns=turns)

    def _note_closed(self) -> None:
        with self.lock:
            self.closed += 1


def run(awaited: Awaited) -> None:
    """In a thread of its own: a browser of other tests may have an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, awaited).result()


async def receive() -> dict[str, Any]:
    await anyio.sleep_forever()
    raise AssertionError


async def collect(response: CsvResponse, into: bytearray) -> None:
    async def send(message: Any) -> None:
        into.extend(message.get("body", b""))

    await response(SCOPE, receive, send)


def test_of_ten_exports_a_few_are_read_at_once_and_all_come_whole() -> None:
    reading, files = Reading(), [bytearray() for _ in range(10)]

    async def send_all() -> None:
        turns = make_turns()
        async with anyio.create_task_group() as group:
            for file in files:
                group.start_soon(collect, reading.response(turns, 3 * MOST_PIECES), file)

    run(send_all)
    assert {bytes(file) for file in files} == {b"head\n" + b"row\n" * 3 * MOST_PIECES}
    assert 1 <= reading.most <= AT_ONCE
    assert reading.closed == len(files)


def test_waiting_exports_take_no_thread_of_the_pages() -> None:
    reading = Reading()

    async def look_meanwhile() -> None:
        turns, pages = make_turns(), to_thread.current_default_thread_limiter()
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(collect, reading.response(turns, 3 * MOST_PIECES), bytearray())
            await wait_all_tasks_blocked()
            assert turns.statistics().tasks_waiting == 10 - AT_ONCE
            assert pages.borrowed_tokens == 0

    run(look_meanwhile)


@pytest.mark.parametrize("messages", [0, 1, 5])
def test_a_reader_who_leaves_gives_everything_back(messages: int) -> None:
    reading = Reading()

    async def leave() -> None:
        taken = iter(range(messages))

        async def send(_: Any) -> None:
            if next(taken, None) is None:
                raise OSError("gone")

        with suppress(ClientDisconnect):
            await reading.response(make_turns(), 100)(SCOPE, receive, send)

    run(leave)
    assert (reading.now, reading.closed) == (0, 1)


def test_what_fails_underway_breaks_the_answer_off_and_is_given_back() -> None:
    closed: list[bool] = []

    def fail() -> Iterator[bytes]:
        yield b"row\n"
        raise RuntimeError("the query was cancelled")

    stack = ExitStack()
    stack.callback(closed.append, True)
    response = CsvResponse("calls.csv", b"", fail(), stack=stack, turns=make_turns())
    with pytest.raises(RuntimeError, match="cancelled"):
        run(partial(collect, response, bytearray()))
    assert closed == [True]
