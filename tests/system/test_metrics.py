"""What Prometheus is told, and by whom it may be asked."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from adminboard.areas import AREAS
from adminboard.core.clock import MovableClock
from adminboard.core.measures import MEASURES
from adminboard.core.permissions import Role
from adminboard.core.statements import name_statement
from adminboard.db.embedded import EmbeddedServer
from adminboard.db.engine import Database, create_engine_for
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Settings
from adminboard.system import metrics
from adminboard.system.metrics import make_registry, write_metrics
from adminboard.worker import make_worker_app
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses, copied_database
from tests.factories import START, make_user

TOKEN = "a-token-of-the-tests-alone"
DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = ("grafana/adminboard.json", "prometheus/alerts.yaml")
PERSONAL = re.compile(r"@|[0-9a-f]{8}-[0-9a-f]{4}|secret")
OF_THE_DATABASE = tuple(
    f"adminboard_{of}" for of in ("database", "queue", "workers", "operations", "webhook")
)
JOB = (
    "INSERT INTO board.procrastinate_jobs (id, queue_name, task_name, status, scheduled_at) "
    "OVERRIDING SYSTEM VALUE VALUES "
)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, metrics_token=SecretStr(TOKEN)) as board,
    ):
        yield board


def ask(board: BoardUnderTest, token: str = TOKEN) -> Any:
    return board.stranger().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def value(board: BoardUnderTest, name: str, **labels: str) -> float:
    return read(ask(board).text).get((name, tuple(sorted(labels.items()))), 0)


def read(written: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(written)
        for sample in family.samples
    }


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_nobody_without_the_token_is_told_anything(board: BoardUnderTest, header: dict[str, str]) -> None:
    for browser in (board.stranger(), board.browser(Role.ADMIN)):
        answer = browser.get("/metrics", headers=header)
        assert (answer.status_code, answer.text) == (401, "Wrong token.\n")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_token_in_the_settings_there_is_nothing_to_ask_for(
    server: EmbeddedServer, template_database: str
) -> None:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        for token in ("", "None", TOKEN):
            assert ask(board, token).status_code == 404


def test_requests_are_counted_by_the_template_of_their_route(board: BoardUnderTest) -> None:
    with board.rows() as session:
        user = make_user(session)
    path = "/v1/admin/users/{id}"
    labels = {"route": path, "method": "GET"}
    before = value(board, "adminboard_requests_total", status="200", **labels)
    seconds = value(board, "adminboard_request_seconds_count", **labels)
    program = board.program()
    for _ in range(3):
        assert program.get(f"/v1/admin/users/{user.id}?q=secret").status_code == 200

    assert value(board, "adminboard_requests_total", status="200", **labels) == before + 3
    assert value(board, "adminboard_request_seconds_count", **labels) == seconds + 3


def test_pages_and_refusals_are_counted_too(board: BoardUnderTest) -> None:
    page = {"route": "/users", "method": "GET"}
    before = value(board, "adminboard_requests_total", status="200", **page)
    refused = value(board, "adminboard_requests_total", status="303", **page)
    board.browser(Role.VIEWER).get("/users")
    board.stranger().get("/users", follow_redirects=False)

    assert value(board, "adminboard_requests_total", status="200", **page) == before + 1
    assert value(board, "adminboard_requests_total", status="303", **page) == refused + 1


def test_what_no_route_has_and_strange_methods_are_one_value_each(board: BoardUnderTest) -> None:
    for number in range(3):
        board.stranger().get(f"/secret-{number}")
        board.stranger().request(f"SECRET{number}", "/users")
    routes = {dict(labels).get("route") for _, labels in read(ask(board).text)}
    methods = {dict(labels).get("method") for _, labels in read(ask(board).text)}

    assert "unmatched" in routes
    assert "other" in methods
    assert not [name for name in routes | methods if name and "secret" in name.lower()]


def test_no_label_tells_of_anybody(board: BoardUnderTest) -> None:
    with board.rows() as session:
        user = make_user(session)
    board.program().get(f"/v1/admin/users/{user.email}?q=secret")
    board.browser(Role.SUPPORT).get(f"/users?selected={user.id}&q=secret")
    values = {label for _, labels in read(ask(board).text) for _, label in labels}

    assert "/v1/admin/users/{id}" in values
    assert not [label for label in values if PERSONAL.search(label)]


def test_the_queue_is_told_with_the_age_of_its_oldest_job(fresh_addresses: Addresses) -> None:
    with open_board(fresh_addresses, metrics_token=SecretStr(TOKEN)) as board:
        with board.rows() as session:
            session.execute(
                text(
                    JOB + "(1, 'default', 'a', 'todo', NULL), (2, 'default', 'a', 'todo', :later), "
                    "(3, 'default', 'a', 'doing', NULL), (4, 'default', 'a', 'failed', NULL)"
                ),
                {"later": START.replace(year=START.year + 1)},
            )
            session.execute(text("UPDATE board.procrastinate_events SET at = :at"), {"at": START})
        board.clock.advance(timedelta(minutes=12))

        found = read(ask(board).text)
        statuses = {
            dict(labels)["status"]: number
            for (name, labels), number in found.items()
            if name == "adminboard_queue_jobs"
        }
        assert statuses == {"waiting": 1, "planned": 1, "running": 1, "failed": 1}
        assert found["adminboard_queue_oldest_job_seconds", ()] == 720
        assert found["adminboard_workers", ()] == 0
        assert found["adminboard_database_up", ()] == 1


def test_a_job_waits_since_it_is_due(fresh_addresses: Addresses) -> None:
    """Not since it was planned: one of an hour ago that is due for two seconds waits less than one that came
    half a minute ago."""
    queued = text("UPDATE board.procrastinate_events SET at = :at WHERE job_id = :job")
    with open_board(fresh_addresses, metrics_token=SecretStr(TOKEN)) as board:
        with board.rows() as session:
            session.execute(
                text(JOB + "(1, 'default', 'planned', 'todo', :due), (2, 'default', 'waits', 'todo', NULL)"),
                {"due": START - timedelta(seconds=2)},
            )
            for job, age in ((1, timedelta(hours=1)), (2, timedelta(seconds=30))):
                session.execute(queued, {"at": START - age, "job": job})
        assert read(ask(board).text)["adminboard_queue_oldest_job_seconds", ()] == 30
        with board.rows() as session:
            session.execute(text("DELETE FROM board.procrastinate_jobs WHERE id = 2"))
        assert read(ask(board).text)["adminboard_queue_oldest_job_seconds", ()] == 2


def test_a_figure_that_takes_too_long_is_left_out_alone(
    fresh_addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PATIENCE_MS", 200)
    with open_board(fresh_addresses, metrics_token=SecretStr(TOKEN)) as board:
        before = {name for name, _ in read(ask(board).text) if name.startswith(OF_THE_DATABASE)}
        with (
            capture_logs() as logs,
            board.owner.engine.connect() as connection,
            connection.begin(),
        ):
            connection.execute(text("LOCK TABLE board.operations"))
            found = read(ask(board).text)
    assert found["adminboard_database_up", ()] == 1
    missing = before - {name for name, _ in found}
    assert missing == {"adminboard_operations_unfinished", "adminboard_operations_last_hour"}
    left_out = [log["figure"] for log in logs if log["event"] == "figure_left_out"]
    assert left_out == ["unfinished_operations", "recent_operations"]


def test_when_figures_take_too_long_together_the_rest_is_left_out(
    board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "TOGETHER_SECONDS", -1)
    found = read(ask(board).text)
    assert [name for name, _ in found if name.startswith(OF_THE_DATABASE)] == ["adminboard_database_up"]


def test_operations_and_events_are_told_by_their_status(board: BoardUnderTest) -> None:
    events = (
        "INSERT INTO billing_events (id, event_type, source, raw_payload, processing_status, attempts, "
        "received_at, stripe_event_id) SELECT gen_random_uuid(), 'invoice.paid', 'webhook', '{}', :status, "
        "0, :at, 'evt_' || gen_random_uuid() FROM generate_series(1, :count)"
    )
    long_ago = START.replace(year=START.year - 1)
    with board.rows() as session:
        for status, count, at in [("received", 2, START), ("failed", 3, long_ago), ("processed", 4, START)]:
            session.execute(text(events), {"status": status, "count": count, "at": at})

    assert value(board, "adminboard_webhook_events_waiting", status="received") == 2
    assert value(board, "adminboard_webhook_events_waiting", status="failed") == 3
    assert value(board, "adminboard_webhook_events_last_hour", status="processed") == 4
    assert value(board, "adminboard_webhook_events_last_hour", status="failed") == 0
    written = ask(board).text
    for status in ("pending", "running", "unknown"):
        assert f'adminboard_operations_unfinished{{status="{status}"}} 0.0' in written
    assert 'adminboard_operations_last_hour{status="refused"} 0.0' in written


def test_a_database_that_is_away_takes_nothing_from_the_rest() -> None:
    nowhere = Database(create_engine_for("postgresql://nobody:none@127.0.0.1:1/none"))
    found = read(write_metrics(Runtime(Settings(), nowhere, MovableClock(START))).decode())

    assert found["adminboard_database_up", ()] == 0
    assert not [name for name, _ in found if name.startswith("adminboard_queue")]


def test_statements_and_connections_are_counted(fresh_addresses: Addresses) -> None:
    def count() -> float:
        labels = {"statement": "select"}
        return MEASURES.get_sample_value("adminboard_query_seconds_count", labels) or 0

    def in_use() -> float | None:
        return MEASURES.get_sample_value("adminboard_pool_connections_in_use", {"pool": "pages"})

    settings = Settings(
        # Straight: through a pooler each transaction begins with a statement more.
        database_url=SecretStr(fresh_addresses.straight_app_url),
        db_prepared_statements=True,
        metrics_port=9_100,
        secret_key=SecretStr("s" * 32),
    )
    runtime = open_runtime(settings)
    try:
        before = count()
        with runtime.reading() as session:
            session.execute(text("SELECT 1"))
            session.execute(text("/* named */ SELECT 2"))
            assert in_use() == 1
        assert count() == before + 2
        assert in_use() == 0
    finally:
        runtime.dispose()
    limit = MEASURES.get_sample_value("adminboard_pool_connections_limit", {"pool": "pages"})
    assert limit == settings.db_pool_size + settings.db_max_overflow


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("  select 1", "select"),
        ("WITH a AS (SELECT 1) SELECT 1", "with"),
        ("SAVEPOINT secret", "other"),
        ("", "other"),
        ("ada@example.com", "other"),
    ],
)
def test_a_statement_is_named_by_a_word_of_a_small_set(statement: str, name: str) -> None:
    assert name_statement(statement) == name


@pytest.mark.parametrize("file", FILES)
def test_every_metric_of_dashboard_and_alerts_exists(board: BoardUnderTest, file: str) -> None:
    known = {family.name for family in make_registry(board.runtime).collect()}
    endings = r"_(?:total|bucket|count|sum)$"
    named = set(re.findall(r"\badminboard_\w+", (DEPLOY / file).read_text(encoding="utf-8")))

    assert named
    assert {re.sub(endings, "", name) for name in named} - known == set()


def test_the_dashboard_shows_every_metric() -> None:
    dashboard = (DEPLOY / FILES[0]).read_text(encoding="utf-8")
    assert [family.name for family in MEASURES.collect() if family.name not in dashboard] == []
    places = [panel["gridPos"] for panel in json.loads(dashboard)["panels"]]
    assert len({(place["x"], place["y"]) for place in places}) == len(places)
    assert max(place["x"] + place["w"] for place in places) == 24


def test_a_job_that_comes_seldom_is_told_of_by_an_alert_of_its_own(board: BoardUnderTest) -> None:
    """Its first failure too: the count has begun at 0 before."""
    (rule,) = [rule for rule in read_alerts() if rule["alert"] == "AdminboardRareJobFailed"]
    [tasks] = re.findall(r'task=~"([^"]+)"', rule["expr"])
    minutes = {job.name: job.cron.partition(" ")[0] for area in AREAS for job in area.jobs}
    seldom = {name for name, minute in minutes.items() if minute.isdigit()}
    assert {name for name in minutes if re.fullmatch(tasks, name)} == seldom

    make_worker_app(board.runtime)
    for name in minutes:
        counted = MEASURES.get_sample_value("adminboard_jobs_total", {"task": name, "outcome": "failed"})
        assert counted is not None


def read_alerts() -> list[dict[str, Any]]:
    yaml: Any = import_module("yaml")  # It comes without types.
    (group,) = yaml.safe_load((DEPLOY / FILES[1]).read_text(encoding="utf-8"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def test_every_alert_says_what_to_do() -> None:
    for rule in read_alerts():
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["what_to_do"].endswith(".")
