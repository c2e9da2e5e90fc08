"""The proof of one user's balance as its page shows it: entries with their accounts, and any past moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adminboard.core.errors import InvalidInput
from adminboard.credits.accounts import UserCredits
from adminboard.credits.proof import PROOF_PAGE, ProofEntry, list_proof
from adminboard.credits.queries import PastBalance, get_balance_at
from adminboard.web.moments import read_moment
from adminboard.web.visit import Visit

_LARGEST_SEQUENCE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ProofView:
    """A page of entries, newest first, and the balance at the moment that was asked for, if any.

    ``at`` is what was typed, ``error`` the sentence about it when it is no moment.
    """

    entries: Sequence[ProofEntry]
    next_url: str | None
    first_url: str | None
    at: str
    past: PastBalance | None
    error: str | None


def make_proof_view(visit: Visit, account: UserCredits) -> ProofView:
    """Reads ``at`` and ``before`` of the address; what makes no sense is said, or left out. Five queries."""
    base = f"/credits?user={account.user_id}&tab=proof"
    typed, past, error = visit.parameter("at") or "", None, None
    try:
        at = read_moment(typed, ZoneInfo(visit.actor.time_zone)) if typed else None
        past = get_balance_at(visit.session, account.user_id, at) if at else None
    except InvalidInput as problem:
        error = problem.detail
    before = read_sequence(visit.parameter("before"))
    entries = list_proof(visit.session, account.user_id, before_sequence=before, limit=PROOF_PAGE + 1)
    shown = entries[:PROOF_PAGE]
    more = len(entries) > PROOF_PAGE
    return ProofView(
        entries=shown,
        next_url=f"{base}&before={shown[-1].sequence}" if more else None,
        first_url=base if before is not None else None,
        at=typed,
        past=past,
        error=error,
    )


def read_sequence(text: str | None) -> int | None:
    """The number of an entry; None for what is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    return min(int(text), _LARGEST_SEQUENCE)
