"""Settings: which notifications go which way, and what each looks like."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from adminboard.core.permissions import Permission
from adminboard.notifications.actions import in_words
from adminboard.notifications.catalogue import Channel, get_notification
from adminboard.notifications.delivery import make_chat_text
from adminboard.notifications.letters import draw_html, draw_text
from adminboard.notifications.preferences import list_preferences
from adminboard.web.access import page_read
from adminboard.web.headers import make_policy
from adminboard.web.visit import Visit

pages = APIRouter()
FRAMED: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For a mail in a frame: its own styles and nothing else, no script, no form, no origin."""


@pages.get("/settings/notifications")
def show_notifications(visit: Annotated[Visit, page_read(Permission.SETTINGS_WRITE)]) -> Response:
    """Every notification, which way it goes, and whether that way is set up."""
    settings = visit.board.runtime.settings
    return visit.render(
        "notifications/page.html",
        preferences=list_preferences(visit.session),
        in_words=in_words,
        has_mail=settings.smtp_url is not None,
        has_chat=settings.slack_webhook_url is not None,
    )


@pages.get("/settings/notifications/{name}")
def show_sample(name: str, visit: Annotated[Visit, page_read(Permission.SETTINGS_WRITE)]) -> Response:
    """What a notification looks like, with made-up content. Raises `NotificationUnknown`."""
    notification, url = get_notification(name), visit.board.runtime.settings.public_url
    letter = notification.compose(notification.sample)
    response: Response = visit.render(
        "notifications/sample.html",
        notification=notification,
        letter=letter,
        text=draw_text(letter, url),
        chat=make_chat_text(letter, url) if Channel.SLACK in notification.channels else None,
    )
    policy = make_policy(visit.board.runtime.settings.recordings)
    response.headers["Content-Security-Policy"] = f"{policy}; frame-src 'self'"
    return response


@pages.get("/settings/notifications/{name}/letter.html")
def show_letter(name: str, visit: Annotated[Visit, page_read(Permission.SETTINGS_WRITE)]) -> Response:
    """The mail itself, for the frame. Raises `NotificationUnknown`."""
    notification = get_notification(name)
    letter = notification.compose(notification.sample)
    return HTMLResponse(draw_html(letter, visit.board.runtime.settings.public_url), headers=dict(FRAMED))
