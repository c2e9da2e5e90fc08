"""A board that can mail, its executor, and a mail server."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.clock import MovableClock
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import Operations
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.db.engine import Database
from adminboard.notifications.actions import change_notification, send_test_mail
from adminboard.notifications.announcing import announce
from adminboard.notifications.delivery import chat, mail
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.system.operation_retry import retry_operation
from tests.notifications.mail_server import MailServer, open_mail_server

ACTIONS = (adjust_credits, reverse_transaction, change_notification, send_test_mail, retry_operation)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with open_mail_server() as server:
        yield server


def make_runtime(database: Database, clock: MovableClock, mail_server: MailServer) -> Runtime:
    """One with both ways out, that announces what it writes."""
    settings = Settings(
        secret_key=SecretStr("s" * 32),
        public_url="https://board.test",
        smtp_url=SecretStr(mail_server.url),
        slack_webhook_url=SecretStr("https://hooks.slack.com/services/canary-of-the-chat"),
    )
    runtime = Runtime(settings, database, clock)
    runtime.announce = announce
    return runtime


@pytest.fixture
def runtime(database: Database, clock: MovableClock, mail_server: MailServer) -> Runtime:
    return make_runtime(database, clock, mail_server)


@pytest.fixture
def executor(runtime: Runtime) -> OperationRunner:
    return OperationRunner(runtime, Operations([mail]))


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    executor = OperationRunner(runtime, Operations([mail, chat]))
    return ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions(ACTIONS), executor)
