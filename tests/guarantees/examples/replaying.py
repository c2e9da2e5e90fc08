"""Examples of replaying events of Stripe's."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.webhooks.commands import ReplayEvent, ReplayFailed
from tests.factories import make_billing_event
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen
from tests.webhooks.sending import make_event

TYPE = "customer.subscription.updated"


def replaying(scene: Scene) -> Example:
    """One that failed, or was processed already."""
    status = scene.chance.choice([ProcessingStatus.FAILED, ProcessingStatus.PROCESSED])
    with scene.board.rows() as session:
        event = make_billing_event(
            session, event_type=TYPE, processing_status=status, attempts=8, raw_payload=make_event(TYPE)
        )

    def look(session: Session) -> Seen:
        kept = session.get_one(BillingEvent, event.id)
        return {"Status": kept.processing_status.value, "Attempts": kept.attempts}

    return Example(ReplayEvent(event=str(event.id), reason="The price was mended meanwhile"), look)


def replaying_failed(scene: Scene) -> Example:
    """Those of one customer."""
    with scene.board.rows() as session:
        customer = make_billing_event(
            session, event_type=TYPE, processing_status=ProcessingStatus.FAILED, raw_payload=make_event(TYPE)
        )
        payer = customer.organization_id
        for _ in range(scene.chance.randrange(3)):
            make_billing_event(
                session,
                event_type=TYPE,
                processing_status=ProcessingStatus.FAILED,
                organization_id=payer,
                raw_payload=make_event(TYPE),
            )

    def look(session: Session) -> Seen:
        back = select(func.count()).where(BillingEvent.organization_id == payer, BillingEvent.fetch_anew)
        return {"Events put back": session.scalar(back)}

    return Example(ReplayFailed(customer=str(payer), reason="The prices were mended meanwhile"), look)


EXAMPLES: dict[str, MakeExample] = {
    "webhooks.replay": replaying,
    "webhooks.replay_failed": replaying_failed,
}
