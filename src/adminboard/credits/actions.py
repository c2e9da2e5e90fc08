"""What staff may do to credits: adjust a balance, and reverse an entry of the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Amount, Applied, Bulk, Preview, RestCall, Undo
from adminboard.core.audit import Target
from adminboard.core.listings.columns import is_any
from adminboard.core.money import in_dollars
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.credits import ledger
from adminboard.credits.adjusting import post_adjustment, post_reversal
from adminboard.credits.book import Outcome
from adminboard.credits.book_rows import remember_books
from adminboard.credits.commands import AdjustCredits, ReverseTransaction
from adminboard.credits.models import CreditTransaction
from adminboard.credits.previews import get_approval_sentence, show_changes, warn_of_outcome, warn_of_size
from adminboard.users.lookup import (
    UserIdentity,
    find_user_named,
    get_active_user,
    get_user,
    remember_users,
)

MAX_REASON_LENGTH = 500


def find_owner(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whose entry is to be reversed, when the link that opened the form names an entry there is."""
    try:
        posted = ledger.get_transaction(session, UUID(given.get("transaction_id", "")))
    except (ValueError, ledger.TransactionUnknown):
        return None
    return get_user(session, posted.user_id).target


def lock_adjustment(work: Work, command: AdjustCredits) -> None:
    """Locks the user's ledger, so that preview and outcome see the same balance. Raises `UserUnknown`."""
    ledger.lock_balance(work, get_user(work.session, command.user).id)


def prepare_adjustments(session: Session, commands: Sequence[AdjustCredits]) -> None:
    """Reads users and balances of many adjustments in three statements."""
    users = remember_users(session, {command.user for command in commands})
    remember_books(session, {user.id for user in users}, moment(session))


def lock_adjustments(work: Work, commands: Sequence[AdjustCredits]) -> None:
    """Locks the ledgers of many adjustments, in the order of the users' ids."""
    users = remember_users(work.session, {command.user for command in commands})
    ledger.lock_balances(work, {user.id for user in users})


def preview_adjustment(session: Session, command: AdjustCredits) -> Preview:
    """Raises `UserUnknown`, `InactiveUser`, `ExpiryInThePast`."""
    user = _get_adjustable(session, command.user)
    outcome = ledger.plan_posting(
        session, user.id, command.type.transaction_type, command.amount, expires_at=command.expires_at
    )
    return Preview(
        subject=user.target,
        changes=show_changes(outcome),
        warnings=(*warn_of_size(command.amount), *warn_of_outcome(outcome)),
        needs_approval=get_approval_sentence(session, command.amount),
        amount=Amount(credits=command.amount),
    )


def apply_adjustment(work: Work, command: AdjustCredits) -> Applied:
    """Posts the adjustment; its undo is the opposite entry."""
    user = _get_adjustable(work.session, command.user)
    outcome = post_adjustment(
        work, user.id, command.type, command.amount, command.reason, expires_at=command.expires_at
    )
    undo = ReverseTransaction(
        transaction_id=outcome.posting.id,
        reason=f"Undo of {in_dollars(command.amount, signed=True)}: {command.reason}"[:MAX_REASON_LENGTH],
    )
    return _applied(user, outcome, Undo("credits.reverse", undo))


def lock_reversal(work: Work, command: ReverseTransaction) -> None:
    """Locks the ledger the entry belongs to. Raises `ledger.TransactionUnknown`."""
    ledger.lock_balance(work, ledger.get_transaction(work.session, command.transaction_id).user_id)


def lock_reversals(work: Work, commands: Sequence[ReverseTransaction]) -> None:
    """Locks the ledgers of many reversals, in the order of the users' ids."""
    ids = [command.transaction_id for command in commands]
    owners = select(CreditTransaction.user_id).where(is_any(CreditTransaction.id, ids))
    ledger.lock_balances(work, set(work.session.scalars(owners)))


def preview_reversal(session: Session, command: ReverseTransaction) -> Preview:
    """Raises `InactiveUser` and what `ledger.reverse` raises.

    Taking back a grant that is partly spent must be accepted, since others then pay for it.
    """
    posted = ledger.get_transaction(session, command.transaction_id)
    user = _get_adjustable(session, posted.user_id)
    outcome = ledger.plan_reversal(session, posted.id)
    return Preview(
        subject=user.target,
        changes=show_changes(outcome),
        warnings=warn_of_outcome(outcome),
        facts={"transaction": str(posted.id), "spent_elsewhere": outcome.spent_elsewhere},
        needs_approval=get_approval_sentence(session, posted.amount),
        amount=Amount(credits=-posted.amount),
    )


def apply_reversal(work: Work, command: ReverseTransaction) -> Applied:
    """Posts the opposite entry, linked by ``reverses_id``. Itself it has no undo."""
    posted = ledger.get_transaction(work.session, command.transaction_id)
    user = _get_adjustable(work.session, posted.user_id)
    outcome = post_reversal(work, posted.id, command.reason)
    return _applied(user, outcome, None)


def no_further_facts(preview: Preview) -> Mapping[str, Any]:  # noqa: ARG001 - the signature is that of every action
    """The balance moves with every call of the user: an approval does not rest on it, but on whether the user
    is active, would owe something, or would pay for what is spent of a grant, which warnings tell."""
    return {}


def _get_adjustable(session: Session, reference: str | UUID) -> UserIdentity:
    return get_active_user(session, reference, "credits of inactive users cannot be adjusted")


def _applied(user: UserIdentity, outcome: Outcome, undo: Undo | None) -> Applied:
    posting = outcome.posting
    old, new = in_dollars(outcome.before.total), in_dollars(outcome.book.total)
    result = {
        "id": posting.id,
        "user_id": user.id,
        "type": posting.type,
        "amount": posting.amount,
        "balance_after": posting.balance_after,
        "expires_at": posting.expires_at,
        "reverses_id": posting.reverses_id,
        "created_at": posting.created_at,
    }
    summary = f"{in_dollars(posting.amount, signed=True)} for {user.email}: {old} → {new}"
    return Applied(result, summary, undo, record={"transaction_id": posting.id})


adjust_credits = Action(
    name="credits.adjust",
    title="Adjust credits",
    also_called=("add credits", "give credits", "deduct credits", "take credits"),
    command=AdjustCredits,
    preview=preview_adjustment,
    apply=apply_adjustment,
    permission=Permission.CREDITS_WRITE,
    lock=lock_adjustment,
    confirm_label=lambda command, _: (
        f"{'Add' if command.amount > 0 else 'Deduct'} {in_dollars(abs(command.amount))}"
    ),
    rest=RestCall(
        "POST",
        "/users/{user}/credit-adjustments",
        "Add credits to a user's balance, or deduct them",
        status=201,
        example={
            "amount": "20.00",
            "type": "adjustment",
            "reason": "Goodwill for the outage",
            "expires_at": None,
        },
    ),
    money=True,
    subject=find_user_named,
    approval_facts=no_further_facts,
    bulk=Bulk(
        example={
            "user": "jane@example.com",
            "amount": "20.00",
            "type": "adjustment",
            "reason": "Goodwill for the outage",
            "expires_at": "",
        },
        prepare=prepare_adjustments,
        lock=lock_adjustments,
    ),
)

reverse_transaction = Action(
    name="credits.reverse",
    title="Reverse a credit transaction",
    command=ReverseTransaction,
    preview=preview_reversal,
    apply=apply_reversal,
    permission=Permission.CREDITS_REVERSE,
    lock=lock_reversal,
    confirm_label=lambda *_: "Reverse",
    rest=RestCall(
        "POST",
        "/credit-transactions/{transaction_id}/reversal",
        "Post the opposite of a credit transaction, once only",
        status=201,
        example={"reason": "Posted to the wrong user"},
    ),
    destructive=True,
    money=True,
    subject=find_owner,
    approval_facts=no_further_facts,
    bulk=Bulk(
        example={
            "transaction_id": "0b0f4c6e-5f0e-4c1a-9b57-2f6a1d6f3c11",
            "reason": "Posted to the wrong user",
        },
        lock=lock_reversals,
    ),
)
