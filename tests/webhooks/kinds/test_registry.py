"""Which types of events the board applies, each by one kind, and that the documents name them."""

import re
from pathlib import Path

from adminboard.webhooks.kinds.registry import KINDS

DOCUMENT = Path(__file__).parents[3] / "docs" / "STRIPE.md"


def test_every_type_that_the_board_applies_is_known() -> None:
    assert KINDS.keys() == {
        *(
            f"customer.subscription.{verb}"
            for verb in ("created", "updated", "deleted", "trial_will_end", "paused", "resumed")
        ),
        *("customer.updated", "customer.deleted"),
        *(
            f"invoice.{verb}"
            for verb in (
                "finalized",
                "paid",
                "payment_failed",
                "payment_action_required",
                "voided",
                "marked_uncollectible",
            )
        ),
        *("charge.refunded", "refund.updated", "refund.failed"),
        *("payment_method.attached", "payment_method.detached", "payment_method.updated"),
        *(f"{kind}.{verb}" for kind in ("product", "price") for verb in ("created", "updated", "deleted")),
        *("promotion_code.created", "promotion_code.updated"),
    }


def test_the_document_names_every_type() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    named = {
        f"{beginning}.{verb}"
        for words in re.findall(r"`([a-z_./]+)`", text)
        for beginning, _, verbs in [words.rpartition(".")]
        for verb in verbs.split("/")
    }
    assert KINDS.keys() - named == set(), "docs/STRIPE.md has to name these"
