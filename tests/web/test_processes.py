"""Several processes behind one address, as `adminboard serve --processes` starts them."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from tests.clients import BoardUnderTest
from tests.web import slow_start

START_TIMEOUT_SECONDS = 60


@contextmanager
def served(board: BoardUnderTest, *options: str, **variables: str) -> Iterator[tuple[psutil.Process, str]]:
    """The command with these options, once it answers; it is stopped at the end, if it still runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    database_url = board.runtime.settings.database_url
    assert database_url is not None
    environment = os.environ | {
        "APP_ENV": "test",
        "DATABASE_URL": database_url.get_secret_value(),
        "PUBLIC_URL": url,
        "SECRET_KEY": "s" * 32,
        "STRIPE_API_KEY": "sk_test_of_nobody",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
        **variables,
    }
    command = [sys.executable, "-m", "adminboard", "serve", "--port", str(port), *options]
    process = psutil.Popen(command, env=environment)
    try:
        answer_of(url)
        yield process, url
    finally:
        if process.is_running():
            process.terminate()
        process.wait(START_TIMEOUT_SECONDS)


def answer_of(url: str) -> int:
    """The status of its readiness, asked again while nobody listens."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
        return client.get(f"{url}/readyz", timeout=START_TIMEOUT_SECONDS).status_code


def serving_children(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]


def test_a_process_that_is_long_in_starting_is_not_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    parent = psutil.Popen([sys.executable, "-m", "tests.web.slow_start", str(port)])
    try:
        time.sleep(slow_start.SECONDS / 2)
        starting = {child.pid for child in serving_children(parent)}
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            assert client.get(f"http://127.0.0.1:{port}/", timeout=START_TIMEOUT_SECONDS).status_code == 404
        assert {child.pid for child in serving_children(parent)} == starting
        assert len(starting) == 2
    finally:
        parent.terminate()
        parent.wait(START_TIMEOUT_SECONDS)


def test_several_processes_answer_at_one_address_and_a_killed_one_is_replaced(board: BoardUnderTest) -> None:
    with served(board, "--processes", "2", "--no-worker") as (parent, url):
        first = serving_children(parent)
        assert len(first) == 2
        first[0].kill()
        psutil.wait_procs([first[0]], timeout=START_TIMEOUT_SECONDS)

        assert answer_of(url) == 200
        assert first[1].is_running()


@pytest.mark.parametrize("options", [["--processes", "2"], []], ids=["two processes", "one process"])
def test_told_to_stop_all_processes_end(board: BoardUnderTest, options: list[str]) -> None:
    with served(board, *options) as (parent, url):
        family = [parent, *parent.children(recursive=True)]
        assert answer_of(url) == 200
        parent.terminate()
        gone, alive = psutil.wait_procs(family, timeout=START_TIMEOUT_SECONDS)

    assert not alive
    assert parent in gone


def test_told_to_end_a_process_says_so_serves_on_and_closes_its_connections(board: BoardUnderTest) -> None:
    with served(board, "--no-worker", DRAIN_SECONDS="60") as (process, url):
        process.terminate()
        with httpx.Client(base_url=url) as client:
            answer = next(found for found in iter(lambda: client.get("/readyz"), None) if found.is_error)
            assert (answer.status_code, answer.json()) == (503, {"status": "about to end"})
            page = client.get("/login")
        assert (page.status_code, page.headers["Connection"]) == (200, "close")
        assert process.is_running()
        process.terminate()
        process.wait(START_TIMEOUT_SECONDS)


def test_of_several_processes_each_serves_on_when_the_first_alone_is_told_to_end(
    board: BoardUnderTest,
) -> None:
    """As systemd does with KillMode=mixed. Told by it as well as by the first, they end at once."""
    with served(board, "--processes", "2", "--no-worker", DRAIN_SECONDS="60") as (parent, url):
        children = serving_children(parent)
        parent.terminate()
        with httpx.Client(base_url=url) as client:
            answers = iter(lambda: client.get("/readyz").status_code, None)
            assert next(status for status in answers if status != 200) == 503
            assert client.get("/login").status_code == 200
        assert set(psutil.wait_procs(children, timeout=2)[1]) == set(children)
        for child in children:
            child.terminate()
        assert not psutil.wait_procs([parent, *children], timeout=START_TIMEOUT_SECONDS / 2)[1]
