"""Redis on the System page: asked with a PING, told by its host alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from pydantic import SecretStr

from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings, SettingsError, load_settings
from adminboard.system.activity import load_services
from adminboard.system.facts import Fact
from adminboard.system.redis import name_place
from tests.factories import START


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that takes one connection, reads what comes and answers this; the port it is on."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(64) == b"PING\r\n"
                connection.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(timeout=5)


def find_redis(database: Database, url: str | None) -> Fact:
    settings = Settings(redis_url=SecretStr(url) if url else None)
    runtime = Runtime(settings, database, MovableClock(START))
    with runtime.reading() as session:
        (fact,) = [fact for fact in load_services(session, runtime).facts if fact.name == "redis"]
    return fact


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"+PONG\r\n", "reachable"),
        (b"-NOAUTH Authentication required.\r\n", "reachable"),
        (b"HTTP/1.1 400 Bad Request\r\n", "does not answer"),
        (b"", "does not answer"),
    ],
)
def test_redis_is_what_answers_a_ping(database: Database, answer: bytes, said: str) -> None:
    with answering(answer) as port:
        fact = find_redis(database, f"redis://board:hunter2@127.0.0.1:{port}/0")
    assert (fact.value, fact.note) == (said, f"127.0.0.1:{port}")


def test_a_redis_that_is_not_there_does_not_answer_and_none_is_not_configured(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert find_redis(database, f"rediss://127.0.0.1:{port}").value == "does not answer"
    assert find_redis(database, None).value == "not configured"


def test_the_address_names_a_host_and_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    assert name_place("redis://:hunter2@cache") == "cache:6379"
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@cache")
    assert "hunter2" not in repr(load_settings())
    monkeypatch.setenv("REDIS_URL", "cache:6379")
    with pytest.raises(SettingsError, match="REDIS_URL: "):
        load_settings()
