"""Pages for one's own account: logout, proof, password, second factor, theme, sessions and keys."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from adminboard.auth.cookies import end_session_cookie
from adminboard.auth.form_answers import answer_form, with_problem
from adminboard.auth.login import log_out
from adminboard.auth.login_pages import get_visitor
from adminboard.auth.own_account import begin_second_factor, change_password, confirm_second_factor
from adminboard.auth.queries import get_admin, list_own_keys, list_own_sessions
from adminboard.auth.recovery_codes import count_recovery_codes
from adminboard.auth.step_up import ProofKind, proof_kind, prove
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.step_up import has_fresh_proof
from adminboard.web.access import page_read, page_write
from adminboard.web.addresses import local_address
from adminboard.web.csrf import make_csrf_token
from adminboard.web.form_view import FieldKind, FieldView, FormView
from adminboard.web.page_context import THEME_COOKIE, THEMES
from adminboard.web.step_up import ask_for_proof
from adminboard.web.visit import Visit

pages = APIRouter()
Reading = Annotated[Visit, page_read(Permission.OWN_ACCOUNT)]
Changing = Annotated[Visit, page_write(Permission.OWN_ACCOUNT)]
THEME_SECONDS = 365 * 24 * 3600


@pages.get("/account")
def show_account(visit: Reading) -> Response:
    """Everything about one's own account, with links to change it."""
    now = visit.board.runtime.clock.now()
    admin = get_admin(visit.session, str(visit.actor.id))
    return visit.render(
        "auth/account.html",
        admin=admin,
        sessions=list_own_sessions(visit.session, admin.id, now),
        this_session=visit.session_id,
        keys=list_own_keys(visit.session, admin.id),
        recovery_codes=count_recovery_codes(visit.session, admin.id),
        actor=visit.actor,
        now=now,
        done=visit.parameter("done"),
    )


@pages.post("/logout")
def submit_logout(visit: Changing) -> Response:
    log_out(visit.board.runtime, visit.actor)
    response = RedirectResponse("/login", 303)
    end_session_cookie(response, visit.board.runtime.settings)
    return response


@pages.post("/account/theme")
def submit_theme(visit: Changing) -> Response:
    """Keeps the theme in a cookie of this browser, as the switch does where scripts run."""
    theme = visit.typed("theme")
    response = RedirectResponse(_referer(visit), 303)
    if theme in THEMES:
        secure = visit.board.runtime.settings.secure_cookies
        response.set_cookie(THEME_COOKIE, theme, max_age=THEME_SECONDS, samesite="lax", secure=secure)
    return response


@pages.get("/step-up")
def show_step_up(visit: Reading) -> Response:
    return _proof_form(visit, local_address(visit.parameter("next"), "/"))


@pages.post("/step-up")
def submit_step_up(visit: Changing) -> Response:
    """Takes the password, or a code where a second factor is set, and leads back."""
    wanted = local_address(visit.typed("next"), "/")
    return answer_form(
        lambda: _prove(visit, wanted),
        lambda problem: _proof_form(visit, wanted, problem),
    )


@pages.get("/account/password")
def show_password(visit: Reading) -> Response:
    return _password_form(visit)


@pages.post("/account/password")
def submit_password(visit: Changing) -> Response:
    """Changes the password; every session ends, so the login page is next."""
    return answer_form(lambda: _change_password(visit), lambda problem: _password_form(visit, problem))


@pages.get("/account/second-factor")
def show_second_factor(visit: Reading) -> Response:
    """The QR code of a new secret, which is set only once a code confirms it."""
    if not has_fresh_proof(visit.actor, visit.board.runtime.clock.now()):
        return ask_for_proof(visit.request, "/account/second-factor")
    return _setup_form(visit)


@pages.post("/account/second-factor")
def submit_second_factor(visit: Changing) -> Response:
    """Sets the second factor and shows the recovery codes, once."""
    return answer_form(lambda: _confirm(visit), lambda problem: _setup_form(visit, problem))


def _prove(visit: Visit, wanted: str) -> Response:
    prove(visit.board.runtime, get_visitor(visit.request), visit.actor, visit.typed("proof"))
    return RedirectResponse(wanted, 303)


def _change_password(visit: Visit) -> Response:
    change_password(
        visit.board.runtime,
        get_visitor(visit.request),
        visit.actor,
        current_password=visit.typed("current_password"),
        new_password=visit.typed("new_password"),
    )
    response = RedirectResponse("/login?password_set=1", 303)
    end_session_cookie(response, visit.board.runtime.settings)
    return response


def _confirm(visit: Visit) -> Response:
    codes = confirm_second_factor(visit.board.runtime, visit.actor, visit.typed("setup"), visit.typed("code"))
    return visit.render("auth/recovery_codes.html", codes=codes)


def _proof_form(visit: Visit, wanted: str, problem: DomainError | None = None) -> Response:
    assert visit.actor.id is not None
    with visit.reading() as session:
        by_code = proof_kind(session, visit.actor.id) is ProofKind.CODE
    proof = FieldView(
        "proof",
        "Code" if by_code else "Password",
        FieldKind.TEXT if by_code else FieldKind.PASSWORD,
        hint="Six digits from your authenticator app, or a recovery code." if by_code else None,
        required=True,
        autocomplete="one-time-code" if by_code else "current-password",
        autofocus=True,
    )
    return _form(
        visit,
        FormView(
            "Confirm that it is you",
            "/step-up",
            "Confirm",
            [FieldView("next", "", FieldKind.HIDDEN, wanted), proof],
            _csrf_token(visit),
            back_url="/",
            sentence="What comes next is a sensitive change. This lasts for 15 minutes.",
        ),
        problem,
    )


def _password_form(visit: Visit, problem: DomainError | None = None) -> Response:
    fields = [
        FieldView(
            "current_password",
            "Current password",
            FieldKind.PASSWORD,
            required=True,
            autocomplete="current-password",
            autofocus=True,
        ),
        FieldView(
            "new_password",
            "New password",
            FieldKind.PASSWORD,
            hint="At least 12 characters. A sentence is easy to remember and hard to guess.",
            required=True,
            autocomplete="new-password",
        ),
    ]
    return _form(
        visit,
        FormView(
            "Change password",
            "/account/password",
            "Change password",
            fields,
            _csrf_token(visit),
            back_url="/account",
            sentence="All your sessions end, this one too; you log in again with the new password.",
        ),
        problem,
    )


def _setup_form(visit: Visit, problem: DomainError | None = None) -> Response:
    former = visit.typed("setup") or None
    setup, enrollment = begin_second_factor(visit.board.runtime, visit.actor, setup=former)
    code = FieldView(
        "code",
        "Code the app shows now",
        required=True,
        autocomplete="one-time-code",
        autofocus=True,
    )
    fields = [FieldView("setup", "", FieldKind.HIDDEN, setup), code]
    form = FormView(
        "Second factor",
        "/account/second-factor",
        "Set second factor",
        fields,
        _csrf_token(visit),
        back_url="/account",
    )
    picture = Markup(enrollment.qr_svg)  # noqa: S704 - made by the QR library of our own text
    return visit.render(
        "auth/second_factor.html", form=with_problem(form, problem), picture=picture, secret=enrollment.secret
    )


def _form(visit: Visit, form: FormView, problem: DomainError | None) -> Response:
    return visit.render("ui/action_form.html", form=with_problem(form, problem))


def _csrf_token(visit: Visit) -> str:
    return make_csrf_token(visit.board.runtime, visit.session_id)


def _referer(visit: Visit) -> str:
    path = visit.request.headers.get("referer", "").partition("//")[2].partition("/")[2]
    return local_address(f"/{path}", "/account")
