"""Pages before anybody is known: login, second factor, setting a password with a code."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from adminboard.auth.cookies import (
    challenge_cookie_name,
    device_cookie_name,
    set_challenge_cookie,
    set_login_cookies,
)
from adminboard.auth.form_answers import answer_form, with_problem
from adminboard.auth.login import LoggedIn, log_in, pass_second_factor
from adminboard.auth.set_password import set_password
from adminboard.auth.visitors import Visitor
from adminboard.core.errors import DomainError
from adminboard.web.access import PUBLIC, find_client_address, read_form
from adminboard.web.addresses import address, local_address
from adminboard.web.board import get_board
from adminboard.web.form_view import FieldKind, FieldView, FormView
from adminboard.web.render import render

pages = APIRouter(dependencies=[PUBLIC])
Form = Annotated[Mapping[str, Sequence[str]], Depends(read_form)]

EXPIRED = "Session expired. Please log in again."
PASSWORD_SET = "Your password is set. Log in with it."  # noqa: S105 - a sentence


@pages.get("/login")
def show_login(request: Request) -> Response:
    """The login form; whoever is logged in already goes on to where they wanted."""
    wanted = _wanted(request.query_params.get("next"))
    if _is_logged_in(request):
        return RedirectResponse(wanted, 303)
    sentence = EXPIRED if "expired" in request.query_params else None
    if "password_set" in request.query_params:
        sentence = PASSWORD_SET
    return _login_form(request, wanted, sentence=sentence)


@pages.post("/login")
def submit_login(request: Request, form: Form) -> Response:
    """Checks the password; then the board, or the second factor."""
    wanted, email = _wanted(_typed(form, "next")), _typed(form, "email")
    return answer_form(
        lambda: _log_in(request, email, _typed(form, "password"), wanted),
        lambda problem: _login_form(request, wanted, email=email, problem=problem),
    )


@pages.get("/login/second-factor")
def show_second_factor(request: Request) -> Response:
    return _code_form(request, _wanted(request.query_params.get("next")))


@pages.post("/login/second-factor")
def submit_second_factor(request: Request, form: Form) -> Response:
    """Takes a code of the app or a recovery code."""
    wanted = _wanted(_typed(form, "next"))
    return answer_form(
        lambda: _pass_second_factor(request, _typed(form, "code"), wanted),
        lambda problem: _code_form(request, wanted, problem),
    )


@pages.get("/set-password")
def show_set_password(request: Request) -> Response:
    return _password_form(request)


@pages.post("/set-password")
def submit_set_password(request: Request, form: Form) -> Response:
    """Sets the password of whoever has the code; they log in with it next."""
    code = _typed(form, "code")
    return answer_form(
        lambda: _set_password(request, code, _typed(form, "password")),
        lambda problem: _password_form(request, code, problem),
    )


def get_visitor(request: Request) -> Visitor:
    """Where the request comes from, with the device it may be known by."""
    settings = get_board(request).runtime.settings
    return Visitor(
        ip_address=find_client_address(request),
        user_agent=request.headers.get("user-agent", "")[:300] or None,
        request_id=request.state.request_id,
        device_cookie=request.cookies.get(device_cookie_name(settings)),
    )


def _log_in(request: Request, email: str, password: str, wanted: str) -> Response:
    board = get_board(request)
    former = request.cookies.get(board.authenticator.cookie_name)
    answer = log_in(board.runtime, get_visitor(request), email, password, former_cookie=former)
    if isinstance(answer, LoggedIn):
        return _enter(request, answer, wanted)
    response = RedirectResponse(address("/login/second-factor", {}, next=wanted), 303)
    set_challenge_cookie(response, board.runtime.settings, answer.challenge)
    return response


def _pass_second_factor(request: Request, code: str, wanted: str) -> Response:
    board = get_board(request)
    challenge = request.cookies.get(challenge_cookie_name(board.runtime.settings), "")
    former = request.cookies.get(board.authenticator.cookie_name)
    answer = pass_second_factor(board.runtime, get_visitor(request), challenge, code, former_cookie=former)
    return _enter(request, answer, wanted)


def _enter(request: Request, logged_in: LoggedIn, wanted: str) -> Response:
    response = RedirectResponse(wanted, 303)
    set_login_cookies(response, get_board(request).runtime.settings, logged_in)
    return response


def _set_password(request: Request, code: str, password: str) -> Response:
    set_password(get_board(request).runtime, get_visitor(request), code, password)
    return RedirectResponse("/login?password_set=1", 303)


def _login_form(
    request: Request,
    wanted: str,
    *,
    email: str = "",
    sentence: str | None = None,
    problem: DomainError | None = None,
) -> Response:
    fields = [
        FieldView("next", "", FieldKind.HIDDEN, wanted),
        FieldView(
            "email",
            "E-mail address",
            FieldKind.EMAIL,
            email,
            required=True,
            autocomplete="username",
            autofocus=not email,
        ),
        FieldView(
            "password",
            "Password",
            FieldKind.PASSWORD,
            required=True,
            autocomplete="current-password",
            autofocus=bool(email),
        ),
    ]
    return _plain(request, "Log in", "/login", "Log in", fields, sentence, problem)


def _code_form(request: Request, wanted: str, problem: DomainError | None = None) -> Response:
    fields = [
        FieldView("next", "", FieldKind.HIDDEN, wanted),
        FieldView(
            "code",
            "Code",
            hint="Six digits from your authenticator app, or one of your recovery codes.",
            required=True,
            autocomplete="one-time-code",
            autofocus=True,
        ),
    ]
    back = ("Start again", address("/login", {}, next=wanted))
    return _plain(request, "Second factor", "/login/second-factor", "Log in", fields, None, problem, back)


def _password_form(request: Request, code: str = "", problem: DomainError | None = None) -> Response:
    fields = [
        FieldView("code", "Code", value=code, required=True, autofocus=not code),
        FieldView(
            "password",
            "New password",
            FieldKind.PASSWORD,
            hint="At least 12 characters. A sentence is easy to remember and hard to guess.",
            required=True,
            autocomplete="new-password",
        ),
    ]
    sentence = "With the code an administrator gave you. It works once."
    back = ("Log in instead", "/login")
    return _plain(
        request, "Set your password", "/set-password", "Set password", fields, sentence, problem, back
    )


def _plain(
    request: Request,
    title: str,
    action_url: str,
    submit_label: str,
    fields: Sequence[FieldView],
    sentence: str | None,
    problem: DomainError | None,
    back: tuple[str, str] | None = None,
) -> Response:
    form = FormView(title, action_url, submit_label, fields, csrf_token="", back_url="/", sentence=sentence)
    return render(request, "auth/plain_form.html", form=with_problem(form, problem), back=back)


def _is_logged_in(request: Request) -> bool:
    board = get_board(request)
    cookie = request.cookies.get(board.authenticator.cookie_name)
    if cookie is None:
        return False
    with board.runtime.reading() as session:
        return board.authenticator.find_login(session, cookie, board.runtime.clock.now()) is not None


def _wanted(text: str | None) -> str:
    """Where to go after the login: within the board, and not back to the login."""
    wanted = local_address(text, "/")
    return "/" if wanted.startswith(("/login", "/logout", "/set-password")) else wanted


def _typed(form: Mapping[str, Sequence[str]], name: str) -> str:
    return (form.get(name) or [""])[0]
