"""What is dangerous in the settings, and what the board speaks to and does not answer."""

import socket
import sys
from typing import Any

import pytest
from pydantic import SecretStr

from adminboard.doctor.configuration import (
    check_admin_key,
    check_metrics,
    check_proxies,
    check_public_url,
    check_secret_key,
    check_stripe_mode,
    check_traces,
    check_webhook_secret,
)
from adminboard.doctor.examination import OfSettings
from adminboard.doctor.findings import Level
from adminboard.settings import Settings
from tests.doctor.installation import SECRET_KEY, Installation, named
from tests.doctor.pooler import Pooler
from tests.stand_in import Control

ERROR, WARNING, OK = Level.ERROR, Level.WARNING, Level.OK
LONG = "x7-" + SECRET_KEY
PRODUCTION: dict[str, Any] = {"app_env": "production", "public_url": "https://board.example.com"}
TEST_MODE: dict[str, Any] = {"app_env": "staging", "stripe_api_key": SecretStr("sk_test_1")}
LIVE = {"stripe_api_key": SecretStr("rk_live_1")}

FAULTS: list[tuple[OfSettings, dict[str, Any], Level, str, str]] = [
    (check_secret_key, {}, ERROR, "missing", "secrets.token_urlsafe"),
    (check_secret_key, {"secret_key": SecretStr("short")}, ERROR, "too short", "32 characters"),
    (check_secret_key, {"secret_key": SecretStr("ab" * 20)}, ERROR, "can be guessed", "in front of it"),
    (check_secret_key, {"secret_key": SecretStr(f"{LONG},{'s' * 40}")}, ERROR, "key 2 of 2", "after a day"),
    (check_secret_key, {"secret_key": SecretStr(f"{LONG},{SECRET_KEY}")}, OK, "2 long and varied", ""),
    (check_admin_key, PRODUCTION | {"admin_key": SecretStr(LONG)}, WARNING, "in production", "keys create"),
    (check_admin_key, {"app_env": "staging", "admin_key": SecretStr("x")}, WARNING, "guessed", "Unset it"),
    (check_admin_key, {"app_env": "staging", "admin_key": SecretStr(LONG)}, OK, "outside production", ""),
    (check_admin_key, PRODUCTION, OK, "not set", ""),
    (check_public_url, {"public_url": "http://board.example.com"}, ERROR, "not Secure", "https://"),
    (check_public_url, PRODUCTION, OK, "https://board.example.com", ""),
    (check_proxies, PRODUCTION, WARNING, "all seem to be it", "locks everybody out"),
    (check_proxies, PRODUCTION | {"trusted_proxies": "10.0.0.7"}, OK, "believed: 10.0.0.7", ""),
    (check_proxies, {"app_env": "test"}, OK, "believed: none", ""),
    (check_webhook_secret, {}, ERROR, "not set", "dashboard"),
    (check_webhook_secret, {"stripe_webhook_secret": SecretStr("whsec_")}, ERROR, "not set", "dashboard"),
    (check_webhook_secret, {"stripe_webhook_secret": SecretStr("whsec_1")}, OK, "set", ""),
    (check_stripe_mode, {}, ERROR, "STRIPE_API_KEY is not set", "sk_"),
    (check_stripe_mode, PRODUCTION | {"stripe_api_key": SecretStr("sk_test_1")}, ERROR, "test mode", "live"),
    (check_stripe_mode, {"app_env": "staging"} | LIVE, ERROR, "live mode", "the test mode"),
    (check_stripe_mode, TEST_MODE, OK, "test mode", ""),
    (check_stripe_mode, PRODUCTION | LIVE, OK, "live mode", ""),
    (check_metrics, {}, OK, "off", ""),
    (check_metrics, {"metrics_token": SecretStr(LONG)}, OK, "METRICS_TOKEN", ""),
    (check_metrics, {"metrics_port": 9100}, OK, "at port 9100", ""),
    (check_traces, {}, OK, "off", ""),
    (check_traces, {"otel_exporter_otlp_endpoint": "http://c:4318"}, OK, "sent to http://c:4318", ""),
]


@pytest.mark.parametrize(("check", "settings", "level", "found", "advice"), FAULTS)
def test_a_setting_is_judged_with_what_to_do(
    check: OfSettings, settings: dict[str, Any], level: Level, found: str, advice: str
) -> None:
    (finding,) = check(Settings(**settings))
    assert finding.level is level
    assert found in finding.found
    assert advice in finding.advice
    assert bool(finding.advice) is (level is not OK)
    assert LONG not in repr(finding)


def test_a_collector_without_what_sends_to_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    (finding,) = check_traces(Settings(otel_exporter_otlp_endpoint="http://c:4318"))
    assert (finding.level, "requirements/otel.txt" in finding.advice) == (ERROR, True)


def test_every_setting_is_told_with_where_it_comes_from_and_no_secret(installation: Installation) -> None:
    installation.run(
        "INSERT INTO board.settings (key, value, updated_at, updated_by) "
        "VALUES ('grace_period_days', '14', now(), 'robin')"
    )
    told = named(installation.examine(admin_key=SecretStr("canary-key")), "setting")
    lines = {finding.found for finding in told}

    assert {line.partition(" =")[0] for line in lines} >= {name.upper() for name in Settings.model_fields}
    assert "SECRET_KEY = set, hidden (environment)" in lines
    assert "ADMIN_KEY = set, hidden (environment)" in lines
    assert starts(lines, "SESSION_IDLE_HOURS = 2", "(default)")
    assert "SMTP_URL = not set (default)" in lines
    assert starts(lines, "GRACE_PERIOD_DAYS = 14", "(database)")
    assert not [line for line in lines if SECRET_KEY in line or "canary" in line or "whsec_" in line]


def starts(lines: set[str], beginning: str, end: str) -> bool:
    return any(line.startswith(beginning) and line.endswith(end) for line in lines)


def test_a_replica_that_is_none_is_told(installation: Installation, silent_port: int) -> None:
    for url, found in (
        (installation.addresses.straight_app_url, "no standby"),
        (f"postgresql://board:canary@127.0.0.1:{silent_port}/board", "no server listens there"),
    ):
        (finding,) = named(installation.examine(replica_database_url=SecretStr(url)), "replica")
        assert finding.level is not OK
        assert found in finding.found
        assert "canary" not in repr(finding)


@pytest.fixture
def silent_port() -> int:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_a_database_that_is_away_is_one_finding_and_the_rest_is_examined(
    installation: Installation, silent_port: int
) -> None:
    away = SecretStr(f"postgresql://board:canary@127.0.0.1:{silent_port}/board")
    (finding,) = installation.complaints(database_url=away)
    assert (finding.check, finding.level) == ("database", ERROR)
    assert "no server listens there" in finding.found
    assert "canary" not in finding.found
    findings = installation.examine(database_url=away)
    assert {"setting", "secret_key", "stripe"} <= {finding.check for finding in findings}


def test_without_a_database_in_the_settings_the_settings_are_judged(installation: Installation) -> None:
    (finding,) = installation.complaints(database_url=None)
    assert finding.found == "DATABASE_URL is missing"


def test_stripe_that_is_away_is_found(installation: Installation, silent_port: int) -> None:
    (finding,) = installation.complaints(stripe_api_base=f"http://127.0.0.1:{silent_port}")
    assert (finding.check, finding.level) == ("stripe", ERROR)
    assert "does not answer" in finding.found
    assert "port 443" in finding.advice


def test_a_key_that_stripe_does_not_accept_is_found(installation: Installation, control: Control) -> None:
    (finding,) = installation.complaints(stripe_api_key=SecretStr("sk_bad_key"))
    assert (finding.check, finding.level) == ("stripe", ERROR)


def test_a_mail_server_that_is_away_is_found(installation: Installation, silent_port: int) -> None:
    url = SecretStr(f"smtp://robin:canary@127.0.0.1:{silent_port}")
    (finding,) = installation.complaints(smtp_url=url)
    assert (finding.check, finding.level) == ("smtp", ERROR)
    assert "SMTP_URL" in finding.advice
    assert "canary" not in repr(finding)


def test_redis_that_is_away_is_worth_a_look(installation: Installation, silent_port: int) -> None:
    (finding,) = installation.complaints(redis_url=SecretStr(f"redis://127.0.0.1:{silent_port}/0"))
    assert (finding.check, finding.level) == ("redis", WARNING)


@pytest.mark.parametrize(
    ("shares", "prepares", "level", "words"),
    [
        (True, True, ERROR, "transaction mode, where prepared statements get lost"),
        (True, False, OK, "one in transaction mode"),
        (False, True, WARNING, "seems to be in session mode"),
        (False, False, OK, "one in session mode"),
    ],
)
def test_a_pooler_is_recognised_by_how_it_shares(
    installation: Installation, *, shares: bool, prepares: bool, level: Level, words: str
) -> None:
    with Pooler(installation.addresses.straight_app_url, shares=shares) as url:
        found = installation.examine(database_url=SecretStr(url), db_prepared_statements=prepares)
    (pooler,) = named(found, "pooler")
    assert pooler.level is level, pooler
    assert words in pooler.found


def test_prepared_statements_that_are_off_for_nothing_are_worth_a_look(installation: Installation) -> None:
    (finding,) = installation.complaints(db_prepared_statements=False)
    assert (finding.check, finding.level) == ("pooler", WARNING)
