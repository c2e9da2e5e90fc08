"""Events that could not be applied because of another object, and can be once that has ended."""

from sqlalchemy import func, select, update

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.work import Work
from adminboard.webhooks.outcomes import MOST_ATTEMPTS

OF_SUBSCRIPTIONS = "customer.subscription."


def try_again_soon(work: Work, customer_id: str, ended: str) -> None:
    """One subscription of a Stripe customer has ended. Events of their others that failed are due again, also
    those that were given up, for one more attempt: a customer has one live subscription, so the ended one may
    have kept another out, like a first payment that was begun and never made, which Stripe ends after a day.
    Whichever a worker has at this very moment is left to it, and to its own pauses.
    """
    failed = select(BillingEvent.id).where(
        BillingEvent.stripe_customer_id == customer_id,
        BillingEvent.processing_status == ProcessingStatus.FAILED,
        BillingEvent.event_type.startswith(OF_SUBSCRIPTIONS, autoescape=True),
        BillingEvent.raw_payload["data", "object", "id"].as_string() != ended,
    )
    due = update(BillingEvent).where(BillingEvent.id.in_(failed.with_for_update(skip_locked=True)))
    again = due.values(
        attempts=func.least(BillingEvent.attempts, MOST_ATTEMPTS - 1),
        next_attempt_at=work.now(),
        updated_at=work.now(),
    )
    work.session.execute(again.execution_options(synchronize_session=False))
