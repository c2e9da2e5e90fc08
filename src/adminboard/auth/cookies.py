"""The cookies of logging in: the session, the known device, and the password given a moment ago."""

from datetime import timedelta

from fastapi import Response

from adminboard.auth.login import CHALLENGE_LIFETIME, LoggedIn
from adminboard.auth.visitors import DEVICE_LIFETIME
from adminboard.settings import Settings
from adminboard.web.cookies import session_cookie_header

_DEVICE = "adminboard_device"
_CHALLENGE = "adminboard_challenge"


def device_cookie_name(settings: Settings) -> str:
    return _named(settings, _DEVICE)


def challenge_cookie_name(settings: Settings) -> str:
    return _named(settings, _CHALLENGE)


def set_login_cookies(response: Response, settings: Settings, logged_in: LoggedIn) -> None:
    """The new session and the device it may be recognised by; the challenge has served."""
    response.headers.append("Set-Cookie", session_cookie_header(settings, logged_in.session_cookie))
    _set(response, settings, device_cookie_name(settings), logged_in.device_cookie, DEVICE_LIFETIME)
    _set(response, settings, challenge_cookie_name(settings), "", timedelta(0))


def set_challenge_cookie(response: Response, settings: Settings, challenge: str) -> None:
    _set(response, settings, challenge_cookie_name(settings), challenge, CHALLENGE_LIFETIME)


def end_session_cookie(response: Response, settings: Settings) -> None:
    response.headers.append("Set-Cookie", session_cookie_header(settings, ""))


def _named(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if settings.secure_cookies else name


def _set(response: Response, settings: Settings, name: str, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
    )
