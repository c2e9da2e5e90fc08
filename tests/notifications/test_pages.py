"""Settings, Notifications: who is told of what, and what each notification looks like."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from adminboard.core.models import Operation
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.notifications.catalogue import NOTIFICATIONS
from tests.clients import BoardUnderTest, open_board, recorded_queries
from tests.db.templates import copied_database
from tests.notifications.mail_server import MailServer, open_mail_server
from tests.pages import Page

PATH = "/settings/notifications"


@pytest.fixture(scope="module")
def server_for_mails() -> Iterator[MailServer]:
    with open_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def board(
    server: EmbeddedServer, template_database: str, server_for_mails: MailServer
) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, smtp_url=server_for_mails.url) as board,
    ):
        yield board


def test_the_page_lists_every_notification_and_what_is_not_set_up(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    with recorded_queries(board.runtime.database.engine) as statements:
        page = Page(browser.get(PATH).text)
    assert len(statements) <= 3
    for notification in NOTIFICATIONS:
        assert notification.title in page.text
        assert f"{PATH}/{notification.name}" in page.links()
    assert "No chat is set up (SLACK_WEBHOOK_URL)" in page.text
    assert "SMTP_URL" not in page.text
    assert "Send me a test mail" in page.text


def test_each_is_shown_as_it_looks_and_its_mail_can_do_nothing(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    for notification in NOTIFICATIONS:
        answer = browser.get(f"{PATH}/{notification.name}")
        frame = Page(answer.text).root.get("iframe")
        assert (frame.attributes["sandbox"], frame.attributes["title"]) == ("", "The mail as HTML")
        assert answer.headers["Content-Security-Policy"].endswith("frame-src 'self'")
        mail = browser.get(frame.attributes["src"])
        policy = mail.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; sandbox;")
        assert "script" not in mail.text
    missing = browser.get(f"{PATH}/nonsense")
    assert (missing.status_code, "There is no notification" in missing.text) == (404, True)


def test_a_notification_is_changed_on_its_page_and_by_programs(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    fields = {"notification": "credits_adjusted", "mail": "true", "return_to": PATH}
    preview = Page(browser.submit("/actions/notifications.change/preview", fields).text)
    assert "nowhere" in preview.text
    form = preview.form("/actions/notifications.change")
    assert browser.post(form.action, data=form.values, follow_redirects=False).status_code == 303
    assert "by mail" in Page(browser.get(PATH).text).text
    answer = board.program().put(f"/v1/admin{PATH}/credits_adjusted", json={"mail": False})
    assert answer.json()["result"] == {"notification": "credits_adjusted", "channels": []}


def test_a_test_mail_is_sent_from_the_page(board: BoardUnderTest, server_for_mails: MailServer) -> None:
    browser = board.browser(Role.ADMIN)
    assert browser.admin is not None
    form = Page(browser.submit("/actions/notifications.test/preview", {}).text).form(
        "/actions/notifications.test"
    )
    answer = browser.post(form.action, data=form.values)
    assert f"Told {browser.admin.email}: A test mail of the Admin Board" in Page(answer.text).toasts
    assert [mail["To"] for mail in server_for_mails.taken] == [browser.admin.email]
    with board.runtime.reading() as session:
        assert session.scalars(select(Operation.kind)).all() == ["notifications.mail"]
