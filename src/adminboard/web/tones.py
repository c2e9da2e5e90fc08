"""The colour and sign of every word that is drawn as a badge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge's tone (green, yellow, red, blue, grey, brand), and an icon where a word is easily missed."""

    tone: str
    icon: str | None = None


_LABEL = Badge("brand")

# One word means the same in every list it appears in: calls, subscriptions, appointments, invoices, refunds,
# webhooks, approvals, overrides, accounts.
_WORDS = {
    "green": "active answered answered_by_ai confirmed paid succeeded processed approved grant applied "
    "in_step enabled up recovered finished",
    "blue": "checking ready forwarded trialing completed open received processing invited running queued "
    "validated",
    "yellow": "missed past_due no_show pending waiting expired incomplete differs expiring low locked "
    "unknown requires_action",
    "red": "error unpaid canceled cancelled uncollectible failed rejected refused revoke inactive suspended "
    "debt down lapsed",
    "grey": "voicemail paused draft void ignored incomplete_expired disabled none no_calls done cleared "
    "closed detached skipped",
}
_ICONS = {
    "past_due": "alert-triangle",
    "failed": "alert-circle",
    "error": "alert-circle",
    "debt": "alert-triangle",
}
_BADGES = {word: Badge(tone, _ICONS.get(word)) for tone, words in _WORDS.items() for word in words.split()}


def tone_of(value: object) -> Badge:
    """The badge of a stored word ("past_due", or a `StrEnum`'s member).

    A word that is no status, like a plan's or a role's, is a label in the brand's colour.
    """
    return _BADGES.get(str(value), _LABEL)
