"""Idempotency keys as Stripe keeps them: for 24 hours, for POST only, with the first answer, whatever it was.

What was refused before anything was begun (wrong parameters, too many requests) is not kept; what a rule
refused is.
"""

from dataclasses import dataclass, field

from adminboard.stripe.fake.answers import Answer
from adminboard.stripe.fake.refusals import Refusal

KEPT_SECONDS = 24 * 3_600


@dataclass
class Kept:
    at: int
    asked: tuple[str, ...]
    answer: Answer | None = None
    """None while it is being worked on."""


@dataclass
class IdempotencyKeys:
    _kept: dict[str, Kept] = field(default_factory=dict)

    def claim(self, key: str, asked: tuple[str, ...], now: int) -> Answer | None:
        """The first answer given under the key; None for the first request, which has it from now on.

        Raises a `Refusal` for another request under the same key, and for one while the first is worked on.
        """
        kept = self._kept.get(key)
        if kept is None or kept.at <= now - KEPT_SECONDS:
            self._kept[key] = Kept(now, asked)
            return None
        if kept.asked != asked:
            raise Refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first "
                f"used with. Try using a key other than '{key}' if you meant to execute a different request.",
                "idempotency_error",
            )
        if kept.answer is None:
            raise Refusal(
                409,
                "There is currently another in-progress request using this Idempotent Key.",
                "idempotency_error",
                code="idempotency_key_in_use",
            )
        return kept.answer.replayed()

    def keep(self, key: str | None, answer: Answer) -> None:
        if key is not None:
            self._kept[key].answer = answer

    def forget(self, key: str | None) -> None:
        """It was refused before anything was begun: the key is free again."""
        if key is not None:
            self._kept.pop(key, None)
