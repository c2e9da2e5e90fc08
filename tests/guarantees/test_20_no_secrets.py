"""No secret stands in a log, an error, the audit log, the database or an address.

Each secret is a word found nowhere else; then everything that can go wrong is made to go wrong, and all
that the board wrote and answered is searched for the words.
"""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import pyotp
import pytest
from fastapi import APIRouter, Response
from pydantic import SecretStr
from sqlalchemy import make_url, text

from adminboard.app import make_operation_runner
from adminboard.areas import AREAS
from adminboard.auth.passwords import hash_password
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.permissions import Permission, Role
from adminboard.db.engine import Database, create_engine_for
from adminboard.runtime import Runtime
from adminboard.settings import Settings, SettingsError, load_settings
from adminboard.web.access import api_read, page_read
from adminboard.web.area import Area
from adminboard.web.visit import Visit
from tests.clients import PUBLIC_URL, BoardUnderTest, Browser, open_board
from tests.db.templates import Addresses
from tests.dumps import dump_texts
from tests.factories import make_admin
from tests.pages import Page

PASSWORD = "canary-password-of-ada"
NEW_PASSWORD = "canary-password-that-is-new"
MISTYPED = "canary-password-with-a-slip"
MISPLACED = "canary-password-in-the-wrong-field"
"""Typed as the address: the form gives it back to who typed it, and nothing else keeps it."""
SIGNING_KEY = "canary-signing-key-" + "k" * 32
ADMIN_KEY = "canary-environment-key-" + "k" * 32
PASSWORDS = (PASSWORD, NEW_PASSWORD, MISTYPED)


def make_faults() -> Area:
    """Pages and calls that fail as nobody foresaw."""
    pages, api = APIRouter(), APIRouter()
    anybody = Permission.OWN_ACCOUNT

    def fail(visit: Visit, how: str) -> Response:
        request = visit.request
        held = (request.headers, request.cookies, visit.board.runtime.settings)
        if how == "sql":
            visit.session.execute(text("SELECT 1 / :zero, :secret"), {"zero": 0, "secret": str(held)})
        elif how == "table":
            visit.session.execute(text("SELECT secret FROM nowhere WHERE key = :key"), {"key": str(held[0])})
        raise RuntimeError("nobody foresaw this")

    @pages.get("/faults/{how}")
    def fail_page(how: str, visit: Annotated[Visit, page_read(anybody)]) -> Response:
        return fail(visit, how)

    @api.get("/faults/{how}")
    def fail_call(how: str, visit: Annotated[Visit, api_read(Permission.CUSTOMERS_READ)]) -> Response:
        return fail(visit, how)

    return Area("faults", pages=pages, api=api)


@dataclass
class Witness:
    """All that the board wrote or answered, but the session's own cookie."""

    logs: io.StringIO = field(default_factory=io.StringIO)
    answers: list[str] = field(default_factory=list)

    def note(self, response: Any) -> None:
        response.read()
        headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
        self.answers.append(f"{response.request.url} {headers} {response.text}")


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def board(fresh_addresses: Addresses, witness: Witness) -> Iterator[BoardUnderTest]:
    secrets: dict[str, Any] = {"secret_key": SecretStr(SIGNING_KEY), "admin_key": SecretStr(ADMIN_KEY)}
    with (
        redirect_stderr(witness.logs),
        open_board(fresh_addresses, areas=[*AREAS, make_faults()], **secrets) as board,
    ):
        with board.rows() as session:
            make_admin(
                session, email="ada@board.test", role=Role.ADMIN, password_hash=hash_password(PASSWORD)
            )
        yield board


def log_in(board: BoardUnderTest, witness: Witness) -> Browser:
    """Ada, after she has got everything wrong once."""
    browser = board.stranger()
    browser.event_hooks = {"response": [witness.note]}
    for email, password in (
        ("ada@board.test", MISTYPED),
        (MISPLACED, "whatever it was"),
        ("nobody@board.test", PASSWORD),
        ("ada@board.test", PASSWORD),
    ):
        fields = {"email": email, "password": password, "next": "/users"}
        answer = browser.post("/login", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/users"
    return browser


def set_second_factor(browser: Browser) -> str:
    """Turns the second factor on, after a wrong code; gives its secret."""
    page = Page(browser.get("/account/second-factor").text)
    secret = page.root.get("code", class_="secret").text.replace(" ", "")
    form = page.form("/account/second-factor")
    browser.post(form.action, data=form.values | {"code": "000000"})
    return secret


def change_password(browser: Browser) -> None:
    for current, new in ((MISTYPED, NEW_PASSWORD), (PASSWORD, "short"), (PASSWORD, NEW_PASSWORD)):
        fields = {"current_password": current, "new_password": new}
        browser.submit("/account/password", fields)


def test_no_canary_is_found_anywhere(
    board: BoardUnderTest, witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = log_in(board, witness)
    cookie = next(iter(browser.cookies.jar)).value or ""
    key = board.new_key([Permission.CUSTOMERS_READ])
    totp_secret = set_second_factor(browser)
    shown_answers, witness.answers = witness.answers, []
    for how in ("sql", "table", "surprise"):
        assert browser.get(f"/faults/{how}").status_code >= 422
        for sent in (key, ADMIN_KEY, f"{key}x"):
            program = board.program_with({"X-Admin-Key": sent, "Cookie": f"x={cookie}"})
            program.event_hooks = {"response": [witness.note]}
            program.get(f"/v1/admin/faults/{how}")
            program.post("/v1/admin/users/x/credit-adjustments", content=b"{broken")
    browser.submit("/step-up", {"proof": MISTYPED, "next": "/users"})
    change_password(browser)
    browser.submit("/set-password", {"code": "k7pm-x2wd", "password": NEW_PASSWORD})

    logs = witness.logs.getvalue() + caplog.text
    answers = "\n".join(witness.answers)
    database = dump_texts(board)
    assert logs.count("request_failed") >= 3
    assert "nobody foresaw this" in logs
    assert "nobody foresaw this" not in answers
    token = cookie.partition(".")[0]
    for secret in (*PASSWORDS, SIGNING_KEY, ADMIN_KEY, key, max(key.split("_"), key=len), totp_secret, token):
        for place, content in (("logs", logs), ("answers", answers), ("database", database)):
            assert secret not in content, f"{secret[:20]}… in the {place}"
        assert secret.encode().hex() not in database, f"{secret[:20]}… in the database"
    assert MISPLACED not in logs + answers + database
    for secret in (*PASSWORDS, SIGNING_KEY, ADMIN_KEY, key, token):
        assert secret not in "\n".join(shown_answers)


def test_recovery_codes_are_shown_once_and_kept_as_hashes(
    board: BoardUnderTest, witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = log_in(board, witness)
    page = Page(browser.get("/account/second-factor").text)
    secret = page.root.get("code", class_="secret").text.replace(" ", "")
    form = page.form("/account/second-factor")
    code = pyotp.TOTP(secret).at(board.clock.now())
    answer = browser.post(form.action, data=form.values | {"code": code})
    codes = re.findall(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4})+\b", Page(answer.text).text)
    assert len(codes) >= 8
    rest = dump_texts(board) + witness.logs.getvalue() + caplog.text + browser.get("/account").text
    for recovery_code in codes:
        assert recovery_code not in rest
        assert recovery_code.replace("-", "") not in rest


@pytest.mark.parametrize("host", ["127.0.0.1:1", "board.invalid:5432"])
def test_a_database_out_of_reach_does_not_give_its_password_away(host: str, witness: Witness) -> None:
    url = f"postgresql://board:canary-database-password@{host}/board"
    with redirect_stderr(witness.logs):
        runtime = Runtime(_settings(url), Database(create_engine_for(url)))
        with (
            pytest.raises(Exception, match=r"connect|resolve|known") as failure,
            runtime.reading() as session,
        ):
            session.execute(text("SELECT 1"))
    assert "canary" not in f"{failure.value!r} {runtime.settings!r} {runtime.database.engine!r}"


def test_a_wrong_database_password_is_not_told(fresh_addresses: Addresses, witness: Witness) -> None:
    url = make_url(fresh_addresses.app_url).set(password="canary-database-password")
    wrong = replace(fresh_addresses, app_url=url.render_as_string(hide_password=False))
    with redirect_stderr(witness.logs), open_board(wrong) as board:
        answer = board.program_with({"X-Admin-Key": "x"}).get("/v1/admin/users")
        page = board.stranger().get("/readyz")
    assert "canary" not in witness.logs.getvalue() + answer.text + page.text


def test_the_mail_servers_login_and_the_chats_address_are_not_told(
    fresh_addresses: Addresses, witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ways_out: dict[str, Any] = {
        "smtp_url": "smtp://canary-mail-user:canary-mail-password@127.0.0.1:9",
        "slack_webhook_url": "https://localhost/services/canary-path-of-the-chat",
        "slack_webhook_hosts": ("localhost",),
    }
    with redirect_stderr(witness.logs), open_board(fresh_addresses, **ways_out) as board:
        browser, _ = board.browser(Role.ADMIN), board.browser(Role.BILLING)
        browser.event_hooks = {"response": [witness.note]}
        with board.runtime.work(system_actor()) as work:
            work.audit("approvals.request", Target("user", "1", "jane@example.com"), "Something large")
        assert make_operation_runner(board.runtime).run_due() == 3
        for path in ("/system", "/system/operations", "/settings/notifications", "/audit"):
            assert browser.get(path).status_code == 200
        said = witness.logs.getvalue() + caplog.text + "".join(witness.answers) + repr(board.runtime.settings)
        assert "canary" not in said + dump_texts(board)
        assert "The mail server does not answer." in dump_texts(board)
        assert "localhost leads into a private network" in dump_texts(board)


def _settings(url: str) -> Settings:
    return load_settings(secret_key=SIGNING_KEY, database_url=url, public_url=PUBLIC_URL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"database_url": "canary://canary-secret@x/y", "session_timeout_hours": "canary-secret"},
        {"secret_key": SIGNING_KEY, "public_url": "canary-secret"},
        {"admin_email": "ada@board.test", "secret_key": "canary-secret"},
        {"secret_key": SIGNING_KEY, "stripe_api_key": "canary-secret"},
        {"secret_key": SIGNING_KEY, "stripe_webhook_secret": "canary-secret"},
        {
            "secret_key": SIGNING_KEY,
            "stripe_api_key": "sk_canary-secret",
            "stripe_webhook_secret": "whsec_canary-secret",
        },
    ],
)
def test_a_wrong_setting_is_named_without_its_secrets(wrong: dict[str, str]) -> None:
    try:
        settings = load_settings(**wrong)
        sentence = repr(settings)
        _ = settings.secret_keys
    except SettingsError as error:
        sentence = str(error)
    assert "canary-secret" not in sentence
