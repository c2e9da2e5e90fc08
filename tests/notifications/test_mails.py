"""Mails on their way: none is lost, none is repeated unrecognisably, none carries what it should not."""

import socket
from datetime import timedelta
from email.message import EmailMessage
from threading import Thread
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.core.errors import Unavailable
from adminboard.core.models import OperationStatus
from adminboard.core.operation_runner import OperationRunner
from adminboard.core.operations import Operations
from adminboard.core.permissions import Role
from adminboard.db.engine import Database
from adminboard.notifications import smtp
from adminboard.notifications.delivery import mail, make_chat_text, write_mail
from adminboard.notifications.letters import Letter, draw_html, draw_text
from adminboard.runtime import Runtime
from adminboard.settings import Settings, SettingsError, load_settings
from adminboard.system.operation_retry import RetryOperation, retry_operation
from tests.core.flags import make_person
from tests.core.operations.switching import get_operation
from tests.notifications.mail_server import MailServer, find_free_port, open_mail_server

HOSTILE = "<script>alert(1)</script>\r\nBcc: everybody@example.com\r\n.\r\n& “quoted”"
LETTER = Letter("News", (".", "A line."), (("Label", "Value"),), path="/users")


def post(runtime: Runtime, letter: Letter = LETTER, to: str = "jane@example.com") -> UUID:
    with runtime.work(make_person()) as work:
        target = Target("user", "1", to)
        work.audit("test.tell", target, "Told somebody something")
        return write_mail(work, target, to, "test_news", letter)


def test_a_mail_says_what_it_is(
    runtime: Runtime, executor: OperationRunner, mail_server: MailServer, session: Session
) -> None:
    operation_id = post(runtime)
    executor.attempt(operation_id)
    (message,) = mail_server.taken
    assert message["Message-ID"] == f"<adminboard-{operation_id}@board.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "AICallGO Admin Board <test-news.board.test>"
    assert message["From"] == "AICallGO Admin Board <no-reply@board.test>"
    assert message.get_content_type() == "multipart/alternative"
    text = message.get_body(("plain",))
    assert text is not None
    lines = text.get_content().splitlines()
    assert lines[:6] == ["News", "", ".", "", "A line.", ""]
    assert "Label: Value" in lines
    assert "https://board.test/users" in lines
    assert get_operation(session, operation_id).external_id == message["Message-ID"]


def test_hostile_text_stays_text(
    runtime: Runtime, executor: OperationRunner, mail_server: MailServer
) -> None:
    letter = Letter(HOSTILE, (HOSTILE,), ((HOSTILE, HOSTILE),))
    executor.attempt(post(runtime, letter))
    (message,) = mail_server.taken
    assert mail_server.asked == ["jane@example.com"]
    assert message["Bcc"] is None
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "<script" not in make_chat_text(letter, "https://board.test")


def test_a_mail_fetches_nothing() -> None:
    html = draw_html(LETTER, "https://board.test")
    assert "<img" not in html
    assert "url(" not in html
    assert "@import" not in html
    assert html.count("https://") == 1, "the link alone"
    assert "prefers-color-scheme: dark" in html
    assert "Label: Value" in draw_text(LETTER, "https://board.test")


def test_a_dead_server_loses_nothing(database: Database, clock: MovableClock, session: Session) -> None:
    port = find_free_port()
    settings = Settings(secret_key=SecretStr("s" * 32), smtp_url=SecretStr(f"smtp://127.0.0.1:{port}"))
    runtime = Runtime(settings, database, clock)
    executor = OperationRunner(runtime, Operations([mail]))
    operation_id = post(runtime)
    for _ in range(3):
        executor.run_due()
        clock.advance(timedelta(hours=1))
    operation = get_operation(session, operation_id)
    assert (operation.status, operation.error) == (
        OperationStatus.PENDING,
        "The mail server does not answer.",
    )
    with open_mail_server(port) as server:
        executor.run_due()
    assert len(server.taken) == 1
    assert get_operation(session, operation_id).status is OperationStatus.DONE


def test_a_refused_recipient_is_final_in_the_servers_own_words(
    runtime: Runtime, executor: OperationRunner, mail_server: MailServer, session: Session
) -> None:
    mail_server.refuses["jane@example.com"] = "550 5.1.1 No such mailbox here"
    operation_id = post(runtime)
    executor.attempt(operation_id)
    operation = get_operation(session, operation_id)
    assert operation.status is OperationStatus.REFUSED
    assert operation.error == "The mail server refused this: 550 5.1.1 No such mailbox here"


def test_a_repeat_after_a_broken_connection_is_recognisable(
    runtime: Runtime,
    executor: OperationRunner,
    mail_server: MailServer,
    session: Session,
    clock: MovableClock,
) -> None:
    mail_server.breaks_off = 1
    operation_id = post(runtime)
    executor.attempt(operation_id)
    assert get_operation(session, operation_id).status is OperationStatus.UNKNOWN
    clock.advance(timedelta(minutes=5))
    executor.run_due()
    assert get_operation(session, operation_id).status is OperationStatus.DONE
    first, second = mail_server.taken
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


def test_after_three_days_a_mail_is_given_up_until_somebody_wants_it_sent(
    runtime: Runtime,
    runner: ActionRunner,
    executor: OperationRunner,
    mail_server: MailServer,
    session: Session,
    clock: MovableClock,
) -> None:
    mail_server.refuses["jane@example.com"] = "451 4.3.0 Try again later"
    operation_id = post(runtime)
    for _ in range(9):
        executor.run_due()
        clock.advance(timedelta(hours=12))
    operation = get_operation(session, operation_id)
    assert operation.status is OperationStatus.REFUSED
    assert operation.error is not None
    assert operation.error.startswith("Given up: The mail server asks to wait: 451")
    mail_server.refuses.clear()
    runner.run(
        make_person(Role.SUPPORT), retry_operation, RetryOperation(operation=operation_id), Confirmation()
    )
    assert get_operation(session, operation_id).status is OperationStatus.DONE
    assert len(mail_server.taken) == 1


def test_a_password_is_never_sent_over_an_open_line(mail_server: MailServer, runtime: Runtime) -> None:
    url = f"smtp://board:canary-mail-password@127.0.0.1:{mail_server.port}"
    message = make_plain_message()
    with pytest.raises(Unavailable, match="offers no encryption") as refused:
        smtp.send(url, message)
    assert "canary" not in repr(refused.value)
    assert mail_server.asked == []


def make_plain_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@board.test", "b@board.test", "News"
    message.set_content("News.")
    return message


def test_what_speaks_no_smtp_is_no_mail_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        thread = Thread(target=hang_up)
        thread.start()
        with pytest.raises(Unavailable):
            smtp.send(f"smtp://127.0.0.1:{listener.getsockname()[1]}", make_plain_message())
        thread.join()


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "http://board:canary@mail.example.com"},
        {"smtp_url": "smtp://"},
        {"slack_webhook_url": "http://hooks.slack.com/canary"},
        {"slack_webhook_url": "https://127.0.0.1/canary"},
        {"slack_webhook_url": "https://a:canary@hooks.slack.com/services"},
        {"mail_from": "not an address"},
    ],
)
def test_settings_that_lead_nowhere_stop_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(**wrong)
    assert "canary" not in str(refused.value)
    assert any(name.upper() in str(refused.value) for name in (*wrong, "slack_webhook_hosts"))
