"""What happens as time passes: renewals, ends of trials and cancellations, dunning, and pauses that end."""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.changes import end_subscription
from adminboard.stripe.fake.billing.collecting import RETRY_AFTER_DAYS, ask_for, collect, settle
from adminboard.stripe.fake.billing.invoicing import finalize, make_invoice, period_lines
from adminboard.stripe.fake.billing.periods import DAY, end_of_period
from adminboard.stripe.fake.records import Invoice, Price, Subscription

TRIAL_WARNING = 3 * DAY
INCOMPLETE_FOR = 23 * 3_600
BILLED = ("active", "past_due", "trialing")
Happening = Callable[[Account, Subscription], None]


def pass_time(account: Account, until: int) -> int:
    """Moves the clock there, stopping wherever something is due. Returns how many things happened."""
    waiting = [
        (due[0], subscription.id)
        for subscription in account.subscriptions
        if (due := _next_for(account, subscription, account.clock.now())) is not None
    ]
    heapify(waiting)
    happened = 0
    while waiting and waiting[0][0] <= until:
        moment, identifier = heappop(waiting)
        subscription = account.get(Subscription, identifier)
        due = _next_for(account, subscription, moment - 1)
        account.clock.set(moment)
        if due is not None and due[0] <= moment:
            due[1](account, subscription)
            happened += 1
            due = _next_for(account, subscription, moment)
        if due is not None:
            heappush(waiting, (due[0], identifier))
    account.clock.set(until)
    return happened


def renew(account: Account, subscription: Subscription) -> None:
    """Begins the next period, invoices it and tries to collect."""
    with account.changing(subscription, "customer.subscription.updated"):
        if subscription.status == "trialing":
            subscription.status = "active"
        for item in subscription.items:
            price = account.get(Price, item.price)
            start = item.current_period_end
            item.current_period_start = start
            item.current_period_end = end_of_period(
                start, price.interval, price.interval_count, anchor=subscription.billing_cycle_anchor
            )
        invoice = make_invoice(
            account, subscription, period_lines(account, subscription), "subscription_cycle"
        )
        paused = (subscription.pause_collection or {}).get("behavior")
        if paused == "keep_as_draft":
            account.add(invoice, event="invoice.created")
            return
        finalize(account, subscription, invoice)
        if paused:
            _put_aside(account, invoice, paused)
        else:
            ask_for(account, subscription, invoice)


def _put_aside(account: Account, invoice: Invoice, behavior: str) -> None:
    """What a pause does to the invoices that fall into it."""
    if behavior == "void":
        invoice.status, invoice.voided_at = "void", account.clock.now()
        account.tell("invoice.voided", invoice)
    else:
        invoice.status, invoice.marked_uncollectible_at = "uncollectible", account.clock.now()
        account.tell("invoice.marked_uncollectible", invoice)


def _next_for(account: Account, subscription: Subscription, after: int) -> tuple[int, Happening] | None:
    """The next thing that time brings to a subscription, and when; overdue things at once."""
    due = [item for item in _happenings(account, subscription) if item[0] > after or item[1] is not _warn]
    return min(due, key=lambda item: item[0], default=None)


def _happenings(account: Account, subscription: Subscription) -> Iterator[tuple[int, Happening]]:
    if subscription.is_over:
        return
    if subscription.status == "incomplete":
        yield subscription.created + INCOMPLETE_FOR, _expire
        return
    if subscription.status == "trialing" and subscription.trial_end:
        yield subscription.trial_end - TRIAL_WARNING, _warn
    if subscription.status in BILLED:
        ends_at, renews_at = subscription.cancel_at, subscription.period_end
        yield (ends_at, _end_as_asked) if ends_at and ends_at <= renews_at else (renews_at, renew)
    resumes_at = (subscription.pause_collection or {}).get("resumes_at")
    if resumes_at:
        yield resumes_at, _end_pause
    invoice = account.invoices.find(subscription.latest_invoice or "")
    if invoice and invoice.status == "open" and invoice.next_payment_attempt:
        yield invoice.next_payment_attempt, _try_again
    if invoice and invoice.status == "open" and invoice.due_date and subscription.status == "active":
        yield invoice.due_date, _fall_due


def _warn(account: Account, subscription: Subscription) -> None:
    account.tell("customer.subscription.trial_will_end", subscription)


def _end_as_asked(account: Account, subscription: Subscription) -> None:
    end_subscription(account, subscription, reason="cancellation_requested")


def _end_pause(account: Account, subscription: Subscription) -> None:
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.pause_collection = None


def _expire(account: Account, subscription: Subscription) -> None:
    """Nobody paid the first invoice in time."""
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.status = "incomplete_expired"
        subscription.ended_at = account.clock.now()
    invoice = account.invoices.find(subscription.latest_invoice or "")
    if invoice and invoice.status == "open":
        _put_aside(account, invoice, "void")


def _fall_due(account: Account, subscription: Subscription) -> None:
    """Who pays by invoice has not. No attempt has failed, so no event tells of one."""
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.status = "past_due"


def _try_again(account: Account, subscription: Subscription) -> None:
    """A further attempt at the latest invoice; when the last fails the subscription becomes unpaid."""
    invoice = account.get(Invoice, subscription.latest_invoice or "")
    with account.changing(subscription, "customer.subscription.updated"):
        decline_code = collect(account, invoice)
        settle(subscription, decline_code)
        if decline_code and invoice.attempt_count > len(RETRY_AFTER_DAYS):
            subscription.status = "unpaid"
