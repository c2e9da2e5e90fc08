"""Login, account and Settings through the browser, with scripts off, and through the API."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from adminboard.auth.attempts import ACCOUNT_LIMIT
from adminboard.auth.models import ApiKey
from adminboard.core.permissions import Permission, Role
from tests.auth.staff import PASSWORD, add_person
from tests.clients import BoardUnderTest, Browser, open_board
from tests.db.templates import Addresses

NEW_PASSWORD = "my cat sleeps on the ledger"
SESSION_COOKIE = "__Host-adminboard"


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


@pytest.fixture
def person(board: BoardUnderTest) -> str:
    """The address of a support person who logs in with `PASSWORD`."""
    with board.rows() as rows:
        return add_person(rows, email="sam@board.test").email


def enter(browser: Browser, email: str, password: str = PASSWORD, **fields: str) -> Any:
    form = {"email": email, "password": password} | fields
    return browser.post("/login", data=form, follow_redirects=False)


def hidden_values(page: str) -> dict[str, str]:
    """Every hidden field of a page, as a form would send it back."""
    pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in pairs}


def confirm(browser: Browser, action: str, form: dict[str, str], **more: str) -> Any:
    """Form, preview and confirmation, as somebody without JavaScript goes through them."""
    preview = browser.submit(f"/actions/{action}/preview", form)
    assert preview.status_code == 200, preview.text
    return browser.post(f"/actions/{action}", data=hidden_values(preview.text) | more, follow_redirects=False)


def test_whoever_is_not_logged_in_is_led_to_the_login_and_back(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    asked = browser.get("/users?plan=pro", follow_redirects=False)
    assert asked.headers["location"] == "/login?next=/users%3Fplan%3Dpro"

    answer = enter(browser, person, next="/users?plan=pro")

    assert (answer.status_code, answer.headers["location"]) == (303, "/users?plan=pro")
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test/", "/\\evil.test", "/login", "x"])
def test_the_login_leads_nowhere_else(board: BoardUnderTest, person: str, wanted: str) -> None:
    assert enter(board.stranger(), person, next=wanted).headers["location"] == "/"


def test_the_session_cookie_is_bound_to_the_host_and_hidden_from_scripts(
    board: BoardUnderTest, person: str
) -> None:
    cookies = enter(board.stranger(), person).headers.get_list("set-cookie")

    session = next(cookie for cookie in cookies if cookie.startswith(f"{SESSION_COOKIE}="))
    parts = {part.strip().lower() for part in session.split(";")[1:]}
    assert parts == {"path=/", "httponly", "secure", "samesite=lax"}
    assert all("httponly" in cookie.lower() and "secure" in cookie.lower() for cookie in cookies)


def test_a_refused_login_keeps_the_address_and_not_the_password(board: BoardUnderTest, person: str) -> None:
    answer = enter(board.stranger(), person, "typed wrongly")

    assert answer.status_code == 401
    assert "E-mail address or password is not right." in answer.text
    assert person in answer.text
    assert "typed wrongly" not in answer.text
    assert "set-cookie" not in answer.headers


def test_too_many_guesses_are_told_to_wait(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    for _ in range(ACCOUNT_LIMIT):
        enter(browser, person, "typed wrongly")

    answer = enter(browser, person)

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Wait 15 minutes and try again." in answer.text


def test_an_ended_session_says_so(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)
    board.clock.advance(timedelta(hours=3))

    page = browser.get("/account")

    assert "Session expired. Please log in again." in page.text


def test_logging_out_ends_the_session_itself(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)
    cookie = browser.cookies[SESSION_COOKIE]

    browser.submit("/logout")

    thief = board.stranger()
    thief.cookies.set(SESSION_COOKIE, cookie)
    assert thief.get("/account", follow_redirects=False).status_code == 303


def test_a_login_from_another_site_is_refused(board: BoardUnderTest, person: str) -> None:
    form = {"email": person, "password": PASSWORD}

    answer = board.stranger().post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_a_second_factor_is_set_up_and_asked_for(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)
    page = browser.get("/account/second-factor").text
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert secret is not None
    assert "<svg" in page
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    wrong = browser.post("/account/second-factor", data=hidden_values(page) | {"code": "000000"})
    assert wrong.status_code == 422
    assert secret[1] in wrong.text

    code = app.at(board.clock.now())
    done = browser.post("/account/second-factor", data=hidden_values(wrong.text) | {"code": code})

    assert "Your second factor is set." in done.text
    recovery = re.search(r"((?:[a-z0-9]{4}-){3}[a-z0-9]{4})", done.text)
    assert recovery is not None
    again = board.stranger()
    answer = enter(again, person, next="/users")
    assert answer.headers["location"] == "/login/second-factor?next=%2Fusers"
    assert again.get("/account", follow_redirects=False).status_code == 303
    passed = again.post(
        "/login/second-factor", data={"code": recovery[1], "next": "/users"}, follow_redirects=False
    )
    assert passed.headers["location"] == "/users"
    assert again.get("/account").status_code == 200


def test_without_the_password_step_there_is_no_second_step(board: BoardUnderTest) -> None:
    answer = board.stranger().post("/login/second-factor", data={"code": "123456"})

    assert answer.status_code == 401
    assert "Enter your e-mail address and password again." in answer.text


def test_changing_the_password_asks_for_the_old_one_and_logs_out(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)
    wrong = browser.submit("/account/password", {"current_password": "no", "new_password": NEW_PASSWORD})
    weak = browser.submit("/account/password", {"current_password": PASSWORD, "new_password": "short"})
    assert (wrong.status_code, weak.status_code) == (422, 422)
    assert "This password is not right." in wrong.text
    assert "at least 12 characters" in weak.text

    browser.submit("/account/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert browser.get("/account", follow_redirects=False).status_code == 303
    assert enter(board.stranger(), person, NEW_PASSWORD).status_code == 303


def test_an_administrator_invites_somebody_who_then_logs_in(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    form = {"email": "robin@board.test", "name": "Robin", "role": "viewer", "return_to": "/settings/admins"}

    done = confirm(browser, "admins.invite", form)

    assert done.status_code == 200
    assert "robin@board.test was invited as viewer" in done.text
    code = re.search(r"((?:[a-z0-9]{4}-){5}[a-z0-9]{4})", done.text)
    assert code is not None
    stranger = board.stranger()
    stranger.post("/set-password", data={"code": code[1], "password": NEW_PASSWORD})
    assert enter(stranger, "robin@board.test", NEW_PASSWORD).status_code == 303
    assert "robin@board.test" in browser.get("/settings/admins").text


def test_a_sensitive_change_asks_for_the_password_again_and_comes_back(board: BoardUnderTest) -> None:
    with board.rows() as rows:
        add_person(rows, Role.ADMIN, email="ada@board.test")
    browser = board.stranger()
    enter(browser, "ada@board.test")
    board.clock.advance(timedelta(minutes=20))

    asked = browser.get("/actions/admins.invite?email=r@board.test", follow_redirects=False)
    assert asked.headers["location"].startswith("/step-up?next=%2Factions%2Fadmins.invite%3Femail%3D")
    proof = browser.get(asked.headers["location"]).text
    back = browser.post("/step-up", data=hidden_values(proof) | {"proof": PASSWORD}, follow_redirects=False)

    assert back.headers["location"].startswith("/actions/admins.invite?email=r%40board.test")
    assert browser.get(back.headers["location"]).status_code == 200


def test_a_key_made_in_settings_opens_the_api_and_is_shown_once(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    form = {"name": "Reporting", "scopes": "customers.read", "valid_days": "30", "return_to": "/account"}
    done = confirm(browser, "api_keys.create", form)
    key = re.search(r"abk_[a-z0-9]+_[A-Za-z0-9_-]{43}", done.text)
    assert key is not None

    answer = board.program_with({"X-Admin-Key": key[0]}).get("/v1/admin/users")

    assert answer.status_code == 200
    for path in ("/account", "/settings/api-keys", "/audit"):
        page = browser.get(path).text
        assert key[0] not in page
        assert "Reporting" in page


def test_neither_opens_the_others_door(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)
    program = board.program()

    assert browser.get("/v1/admin/users").status_code == 403
    assert program.get("/users", follow_redirects=False).status_code == 303


def test_the_api_makes_a_key_and_revokes_it(board: BoardUnderTest) -> None:
    program = board.program(Permission.API_KEYS_WRITE, Permission.CUSTOMERS_READ)
    body = {"name": "Robot", "scopes": ["customers.read"], "valid_days": 30}
    made = program.post("/v1/admin/api-keys", json=body)
    assert made.status_code == 201
    robot = board.program_with({"X-Admin-Key": made.json()["shown_once"]["api_key"]})
    assert robot.get("/v1/admin/users").status_code == 200

    revoked = program.delete(f"/v1/admin/api-keys/{made.json()['result']['id']}")

    assert revoked.status_code == 200
    with board.rows() as rows:
        last_used = set(rows.scalars(select(ApiKey.last_used_at)))
    assert last_used == {board.clock.now(), None}
    assert robot.get("/v1/admin/users").status_code == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.BILLING])
def test_settings_are_for_administrators(board: BoardUnderTest, role: Role) -> None:
    browser = board.browser(role)

    statuses = {
        path: browser.get(path).status_code
        for path in ("/settings/admins", "/settings/api-keys", "/settings/thresholds", "/account")
    }

    assert statuses == {
        "/settings/admins": 403,
        "/settings/api-keys": 403,
        "/settings/thresholds": 403,
        "/account": 200,
    }


def test_a_threshold_is_changed_on_its_page(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    form = {"setting": "grace_period_days", "value": "10", "return_to": "/settings/thresholds"}

    done = confirm(browser, "settings.change", form)

    assert done.status_code == 303
    page = browser.get(done.headers["location"]).text
    assert "10 days" in page
    assert "Grace period is now 10 days." in page


def test_the_theme_is_kept_without_scripts(board: BoardUnderTest, person: str) -> None:
    browser = board.stranger()
    enter(browser, person)

    browser.submit("/account/theme", {"theme": "dark"}, headers={"Referer": "https://board.test/users"})

    assert 'data-bs-theme="dark"' in browser.get("/account").text
