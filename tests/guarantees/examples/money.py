"""Examples of changes to credits."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core.audit import Target
from adminboard.credits import ledger
from adminboard.credits.commands import AdjustCredits, ReverseTransaction
from adminboard.credits.kinds import AdjustmentType, Bucket, TransactionType
from adminboard.credits.models import CreditBalance
from tests.credit_factories import make_grant
from tests.factories import make_user
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen


def see_balance(session: Session, user_id: UUID) -> Seen:
    balance = session.get(CreditBalance, user_id)
    buckets = {bucket.label: getattr(balance, bucket.value, Decimal(0)) for bucket in Bucket}
    return {"Balance": balance.total if balance else Decimal(0)} | buckets


def make_user_with_credits(scene: Scene) -> tuple[UUID, UUID | None]:
    """Somebody with up to three grants; returns the id of one of them too, when there is any."""
    grant = None
    with scene.board.rows() as session:
        user = make_user(session)
        for _ in range(scene.chance.randrange(4)):
            type_ = scene.chance.choice(list(AdjustmentType)).transaction_type
            grant = make_grant(session, user.id, Decimal(scene.chance.randrange(1, 9_000)) / 100, type=type_)
        return user.id, grant.id if grant else None


def adjustment(scene: Scene) -> Example:
    user_id, _ = make_user_with_credits(scene)
    cents = scene.chance.choice([-1, 1]) * scene.chance.randrange(1, 90_000)
    type_ = scene.chance.choice(list(AdjustmentType)) if cents > 0 else AdjustmentType.ADJUSTMENT
    command = AdjustCredits(
        user=str(user_id), amount=Decimal(cents) / 100, type=type_, reason="Goodwill for the outage"
    )
    return Example(command, lambda session: see_balance(session, user_id))


def reversal(scene: Scene) -> Example:
    user_id, grant = make_user_with_credits(scene)
    if grant is None or scene.chance.random() < 0.5:
        with scene.board.runtime.work(scene.actor) as work:
            amount = Decimal(scene.chance.randrange(1, 9_000)) / 100
            posted = ledger.post(
                work,
                user_id,
                TransactionType.ADJUSTMENT,
                -amount,
                description="A debit",
                details=lambda _: {},
            )
            work.audit("credits.adjust", Target("user", str(user_id), "somebody"), "A debit")
            grant = posted.posting.id
    command = ReverseTransaction(transaction_id=grant, reason="Posted to the wrong user")
    return Example(command, lambda session: see_balance(session, user_id))


EXAMPLES: dict[str, MakeExample] = {"credits.adjust": adjustment, "credits.reverse": reversal}
