"""Choosing which way a notification goes, and trying the way of mails."""

from collections.abc import Mapping

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.core.actions import Action, Applied, Change, Preview, RestCall, Undo
from adminboard.core.actor import ActorKind
from adminboard.core.audit import Target
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError, NothingToDo
from adminboard.core.models import Setting
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, reader
from adminboard.notifications.catalogue import (
    Channel,
    Notification,
    NotificationUnknown,
    get_notification,
)
from adminboard.notifications.delivery import write_mail
from adminboard.notifications.letters import Letter
from adminboard.notifications.preferences import get_preference, key_of
from adminboard.runtime import settings_of


class ChangeNotification(Command):
    """Choose which way a notification goes."""

    notification: str = Field(title="Notification", json_schema_extra={"widget": "hidden"}, max_length=100)
    mail: bool = Field(False, title="By mail")
    slack: bool = Field(False, title="To the chat")


class SendTestMail(Command):
    """Have a mail sent to yourself, to see that it arrives."""


class NoSuchWay(DomainError):
    """What is for one user does not go to a chat."""

    title = "This goes by mail only"


class SameWays(NothingToDo):
    """The notification goes these ways already."""


class NoMailServer(DomainError):
    """The environment names no mail server."""

    title = "No mail server is set up"


class NobodyToMail(DomainError):
    """Programs have no mail address."""

    title = "Only a person can be sent a test mail"


def lock(work: Work, command: ChangeNotification) -> None:
    """By name, because a notification that was never changed has no row to lock."""
    name = f"setting notifications.{command.notification}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def preview(session: Session, command: ChangeNotification) -> Preview:
    """Raises `NotificationUnknown`, `NoSuchWay`, `SameWays`."""
    notification = get_notification(command.notification)
    if command.slack and Channel.SLACK not in notification.channels:
        raise NoSuchWay(f"{notification.title} is for one user and goes by mail only.")
    before, after = get_preference(session, notification).channels, _wanted(command)
    if before == after:
        raise SameWays(f"{notification.title} goes these ways already.")
    return Preview(_target(notification), (Change("Goes", in_words(before), in_words(after)),))


def apply(work: Work, command: ChangeNotification) -> Applied:
    """Stores the ways; the undo stores the former ones."""
    notification, after = get_notification(command.notification), _wanted(command)
    before = get_preference(work.session, notification).channels
    row = {"value": sorted(after), "updated_at": work.now(), "updated_by": work.actor.name}
    statement = insert(Setting).values(key=key_of(notification), **row)
    work.session.execute(statement.on_conflict_do_update(index_elements=[Setting.key], set_=row))
    undo = ChangeNotification(
        notification=notification.name, mail=Channel.MAIL in before, slack=Channel.SLACK in before
    )
    return Applied(
        result={"notification": notification.name, "channels": sorted(after)},
        summary=f"{notification.title}: {in_words(after)}.",
        undo=Undo("notifications.change", undo),
    )


def in_words(channels: frozenset[Channel]) -> str:
    """The ways as people read them."""
    words = {Channel.MAIL: "by mail", Channel.SLACK: "to the chat"}
    return " and ".join(words[channel] for channel in Channel if channel in channels) or "nowhere"


def preview_test(session: Session, command: SendTestMail) -> Preview:  # noqa: ARG001 - there is nothing to choose
    """Raises `NoMailServer`, `NobodyToMail`."""
    if settings_of(session).smtp_url is None:
        raise NoMailServer("The environment names no mail server. Set SMTP_URL and start the board again.")
    me = _find_me(session)
    return Preview(me, (Change("Test mail", None, f"to {me.label}"),))


def apply_test(work: Work, command: SendTestMail) -> Applied:  # noqa: ARG001 - the same
    """Writes the mail down; the runner sends it."""
    me = _find_me(work.session)
    letter = Letter(
        subject="A test mail of the Admin Board",
        paragraphs=("Mails of the board arrive here.", f"{me.label} asked for this one."),
        path="/settings/notifications",
        footer="You get this because you asked for it.",
    )
    operation = write_mail(work, me, me.label, "test", letter)
    return Applied(
        {"to": me.label}, f"Asked the mail server to take a test mail to {me.label}.", operation=operation
    )


def _find_me(session: Session) -> Target:
    actor = reader(session)
    email = None
    if actor.kind is ActorKind.ADMIN:
        email = session.scalar(select(Admin.email).where(Admin.id == actor.id))
    if email is None:
        raise NobodyToMail("A key has no mail address. Send the test mail from the page, as a person.")
    return Target("admin", str(actor.id), email)


def _wanted(command: ChangeNotification) -> frozenset[Channel]:
    chosen = {Channel.MAIL: command.mail, Channel.SLACK: command.slack}
    return frozenset(channel for channel, is_chosen in chosen.items() if is_chosen)


def _target(notification: Notification) -> Target:
    return Target("setting", key_of(notification), notification.title)


def _subject(session: Session, given: Mapping[str, str]) -> Target | None:  # noqa: ARG001 (the kit's)
    try:
        return _target(get_notification(given.get("notification", "")))
    except NotificationUnknown:
        return None


change_notification = Action(
    name="notifications.change",
    title="Change notification",
    command=ChangeNotification,
    preview=preview,
    apply=apply,
    lock=lock,
    subject=_subject,
    subject_field="notification",
    permission=Permission.SETTINGS_WRITE,
    rest=RestCall(
        "PUT",
        "/settings/notifications/{notification}",
        "Choose which way a notification goes",
        example={"mail": True, "slack": False},
    ),
    live=False,
)

send_test_mail = Action(
    name="notifications.test",
    title="Send me a test mail",
    stands_alone=True,
    command=SendTestMail,
    preview=preview_test,
    apply=apply_test,
    permission=Permission.SETTINGS_WRITE,
    confirm_label=lambda *_: "Send it",
    live=False,
)
