"""The closed sets of words of the credit ledger (domain: "Credits: a ledger")."""

from enum import StrEnum


class Bucket(StrEnum):
    """Where credits come from. The order is that in which grants of equal expiry are burned."""

    TRIAL = "trial"
    SUBSCRIPTION = "subscription"
    CREDIT_PACK = "credit_pack"
    ADJUSTMENT = "adjustment"
    """Adjustments and refunds, less whatever the user owes."""

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class TransactionType(StrEnum):
    GRANT_TRIAL = "grant_trial"
    GRANT_SUBSCRIPTION = "grant_subscription"
    GRANT_CREDIT_PACK = "grant_credit_pack"
    DEDUCT_USAGE = "deduct_usage"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    EXPIRY = "expiry"


class AdjustmentType(StrEnum):
    """The transaction types that staff may post."""

    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    GRANT_TRIAL = "grant_trial"
    GRANT_SUBSCRIPTION = "grant_subscription"
    GRANT_CREDIT_PACK = "grant_credit_pack"

    @property
    def transaction_type(self) -> TransactionType:
        return TransactionType(self.value)


BUCKET_OF_GRANT: dict[TransactionType, Bucket] = {
    TransactionType.GRANT_TRIAL: Bucket.TRIAL,
    TransactionType.GRANT_SUBSCRIPTION: Bucket.SUBSCRIPTION,
    TransactionType.GRANT_CREDIT_PACK: Bucket.CREDIT_PACK,
    TransactionType.ADJUSTMENT: Bucket.ADJUSTMENT,
    TransactionType.REFUND: Bucket.ADJUSTMENT,
}
"""The bucket a positive transaction of each type fills; the other types never grant on their own."""

BURN_RANK: dict[Bucket, int] = {bucket: rank for rank, bucket in enumerate(Bucket)}
