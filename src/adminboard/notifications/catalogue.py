"""Every notification: which change causes it, who is told, and in what words.

A notification is caused by the audit entry of a change, in its very transaction; the area that makes the
change knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from adminboard.core.audit import Draft
from adminboard.core.errors import NotFound
from adminboard.core.money import in_dollars
from adminboard.core.permissions import Permission
from adminboard.notifications.letters import Letter

PRODUCT = "AICallGO"
TO_CUSTOMERS = "You get this because it is about your AICallGO account."


class Channel(StrEnum):
    MAIL = "mail"
    SLACK = "slack"


class NotificationUnknown(NotFound):
    """There is no notification of this name."""

    title = "No such notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing that people are told.

    ``on`` are the actions, as the audit log names them, that cause it. Staff with ``permission`` are told,
    but not of what they did themselves; where it is None, the user whom the change is about is. ``compose``
    writes the letter; one to a user says nothing internal: no reason, no name of staff. ``sample`` is an
    entry to show it with.
    """

    name: str
    title: str
    meaning: str
    on: frozenset[str]
    permission: Permission | None
    compose: Callable[[Draft], Letter]
    sample: Draft
    at_first: frozenset[Channel] = frozenset()
    """The ways it goes until somebody changes that in Settings."""
    many: str | None = None
    """What happened to several at once, after their number, of what machines cause: such a notification goes
    out at most once in `announcing.AT_MOST_EVERY`, and what happens in between is told in one letter. None
    for what people do one by one, and for what is told to a user."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The ways it can go: what is for one user never goes to a chat."""
        return (Channel.MAIL,) if self.permission is None else tuple(Channel)


def _sample(action: str, target_kind: str, label: str, summary: str, **more: Any) -> Draft:
    return Draft(
        at=datetime(2026, 3, 2, 15, 4, tzinfo=UTC),
        actor_kind="admin",
        actor_name="ada@example.com",
        action=action,
        target_kind=target_kind,
        target_id="00000000-0000-4000-8000-000000000000",
        target_label=label,
        summary=summary,
        **more,
    )


def _approval_waiting(entry: Draft) -> Letter:
    return Letter(
        subject=f"Waiting for your approval: {entry.target_label}",
        paragraphs=(f"{entry.actor_name} asks for a second person's approval.", entry.summary),
        facts=_facts(("About", entry.target_label), ("Reason", entry.reason), ("Asked by", entry.actor_name)),
        path="/approvals",
        link_label="Look at it and decide",
    )


def _webhook_failed(entry: Draft) -> Letter:
    return Letter(
        subject=f"A billing event could not be processed: {entry.target_label}",
        paragraphs=(entry.summary, "It stays failed until somebody replays it."),
        facts=_facts(("Event", entry.target_label)),
        path="/webhooks?status=failed",
        link_label="Show failed events",
    )


def _grace_period_ending(entry: Draft) -> Letter:
    return Letter(
        subject=f"A grace period ends soon: {entry.target_label}",
        paragraphs=(entry.summary, "When it ends without a payment, access to paid features ends with it."),
        facts=_facts(("Customer", entry.target_label)),
        path="/billing/grace-periods",
        link_label="Show grace periods",
    )


def _grace_period_lapsed(entry: Draft) -> Letter:
    return Letter(
        subject=f"A grace period is over: {entry.target_label}",
        paragraphs=(entry.summary, "Nothing was paid in it. Somebody may give more time, or let it be."),
        facts=_facts(("Customer", entry.target_label)),
        path="/billing/grace-periods?status=lapsed",
        link_label="Show lapsed grace periods",
    )


def _suspended_though_paid(entry: Draft) -> Letter:
    return Letter(
        subject=f"Suspended, but paid in time: {entry.target_label}",
        paragraphs=(entry.summary, "They stay shut out until somebody activates them."),
        facts=_facts(("Customer", entry.target_label)),
        path="/customers?status=suspended",
        link_label="Show suspended customers",
    )


def _credits_adjusted(entry: Draft) -> Letter:
    before, after = _balance(entry.before), _balance(entry.after)
    changed = f"Your credit balance has changed by {in_dollars(after - before, signed=True)}."
    return Letter(
        subject="Your AICallGO credits have changed",
        paragraphs=("Hello,", changed),
        facts=(("Balance before", in_dollars(before)), ("Balance now", in_dollars(after))),
        sender=PRODUCT,
        footer=TO_CUSTOMERS,
    )


def _access_changed(entry: Draft) -> Letter:  # noqa: ARG001 - what changed is internal: sign in and see
    return Letter(
        subject="What your AICallGO account can do has changed",
        paragraphs=(
            "Hello,",
            "Our support team has changed which features your account can use.",
            "The next time you sign in you find them as they are now.",
        ),
        sender=PRODUCT,
        footer=TO_CUSTOMERS,
    )


def _balance(side: object) -> Decimal:
    value = side.get("Balance") if isinstance(side, dict) else None
    return Decimal(str(value)) if value is not None else Decimal(0)


def _facts(*facts: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((label, value) for label, value in facts if value)


NOTIFICATIONS: Sequence[Notification] = (
    Notification(
        name="approval_waiting",
        title="Approval waiting",
        meaning="Somebody asks for a second person. Goes to those who may decide.",
        on=frozenset({"approvals.request"}),
        permission=Permission.APPROVALS_DECIDE,
        compose=_approval_waiting,
        sample=_sample(
            "approvals.request",
            "user",
            "jane@example.com",
            "Adjust credits: $45.50 → $1,545.50",
            reason="Compensation for the outage of 18 November",
        ),
        at_first=frozenset(Channel),
    ),
    Notification(
        name="webhook_failed",
        title="Billing event failed",
        meaning="A billing event was tried as often as it may be. Goes to those who may replay it.",
        on=frozenset({"webhooks.fail"}),
        permission=Permission.WEBHOOKS_REPLAY,
        compose=_webhook_failed,
        sample=_sample(
            "webhooks.fail",
            "billing_event",
            "invoice.paid",
            "invoice.paid failed 8 times: there is no such customer.",
        ),
        at_first=frozenset(Channel),
        many="billing events could not be processed",
    ),
    Notification(
        name="grace_period_ending",
        title="Grace period ends soon",
        meaning="A customer who has not paid loses access within 48 hours. Goes to those who may extend it.",
        on=frozenset({"grace_periods.ending"}),
        permission=Permission.GRACE_PERIODS_WRITE,
        compose=_grace_period_ending,
        sample=_sample(
            "grace_periods.ending",
            "customer",
            "Northwind Plumbing",
            "The grace period of Northwind Plumbing ends on 4 March 2026 at 15:04 UTC.",
        ),
        at_first=frozenset(Channel),
        many="grace periods end soon",
    ),
    Notification(
        name="grace_period_lapsed",
        title="Grace period is over",
        meaning="A customer has not paid in the time they were given. Goes to those who may give more.",
        on=frozenset({"grace_periods.lapse"}),
        permission=Permission.GRACE_PERIODS_WRITE,
        compose=_grace_period_lapsed,
        sample=_sample(
            "grace_periods.lapse",
            "grace_period",
            "Northwind Plumbing",
            "The grace period of Northwind Plumbing lapsed on 4 March 2026 at 15:04 UTC.",
        ),
        at_first=frozenset(Channel),
        many="grace periods are over",
    ),
    Notification(
        name="suspended_though_paid",
        title="Suspended, but paid in time",
        meaning="The payment was heard of after the grace period had ended. Goes to those who may activate.",
        on=frozenset({"grace_periods.paid_in_time"}),
        permission=Permission.BILLING_WRITE,
        compose=_suspended_though_paid,
        sample=_sample(
            "grace_periods.paid_in_time",
            "customer",
            "Northwind Plumbing",
            "Northwind Plumbing paid within the grace period after all, but is suspended since it ended.",
        ),
        at_first=frozenset(Channel),
        many="customers are suspended though they paid in time",
    ),
    Notification(
        name="credits_adjusted",
        title="Credits adjusted",
        meaning="Staff changed a user's credits. Goes to the user, without who and why.",
        on=frozenset({"credits.adjust", "credits.reverse"}),
        permission=None,
        compose=_credits_adjusted,
        sample=_sample(
            "credits.adjust",
            "user",
            "jane@example.com",
            "Added $20.00",
            before={"Balance": "45.50"},
            after={"Balance": "65.50"},
        ),
    ),
    Notification(
        name="access_changed",
        title="Access changed",
        meaning="Staff gave or took a feature. Goes to the user, without who and why.",
        on=frozenset({"entitlements.set_override", "entitlements.remove_override"}),
        permission=None,
        compose=_access_changed,
        sample=_sample("entitlements.set_override", "user", "jane@example.com", "Gave call recording"),
    ),
)


def get_notification(name: str) -> Notification:
    """Raises `NotificationUnknown`."""
    for notification in NOTIFICATIONS:
        if notification.name == name:
            return notification
    raise NotificationUnknown(f"There is no notification {name!r}.")
