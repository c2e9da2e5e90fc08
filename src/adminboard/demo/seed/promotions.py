"""What users did with promotion codes, and what staff wrote down."""

from datetime import timedelta
from uuid import UUID

from adminboard.demo.seed.calls import BookingCall
from adminboard.demo.seed.catalogue import Catalogue
from adminboard.demo.seed.changes import Request, add_change, get_customer_target
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.invoices import SeedInvoice
from adminboard.demo.seed.people import SeedOrganization, SeedUser
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.staff import SUPPORT
from adminboard.notes.models import NoteTarget
from adminboard.promotions.models import PromotionAction

PROMOTED_SHARE = 0.07
NOTED_SHARE = 0.03
ENDINGS = Weighted({PromotionAction.APPLIED: 68, PromotionAction.CLEARED: 12, PromotionAction.FAILED: 20})
FAILURES = ("The code has expired", "Not for this plan", "Used already", "New customers only")
NOTES = (
    "Prefers to be called after 3 pm.", "Talks to the press now and then: be quick and friendly.",
    "Wants the yearly plan as soon as SSO is there.", "Two locations share one account on purpose.",
    "Asked twice for a Spanish-speaking contact.", "Escalated to engineering, ticket 4471.",
)  # fmt: skip
CALL_NOTES = (
    "Listened to the recording: the agent interrupts.",
    "Good example for the training set.",
    "Number blocked.",
)


def add_promotion_usages(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    catalogue: Catalogue,
    users: list[SeedUser],
    invoices: list[SeedInvoice],
) -> None:
    """Each code that a user tried: validated, and then applied, cleared, or refused."""
    codes = Weighted(
        {code_id: 1 / (rank + 1) for rank, code_id in enumerate(catalogue.promotion_codes.values())}
    )
    first_invoices = {invoice.subscription.organization.id: invoice.stripe_id for invoice in invoices}
    for user in users:
        if not draw.happens(PROMOTED_SHARE):
            continue
        at = draw.between(user.created_at, plan.as_of)
        ending = ENDINGS.pick(draw)
        actions = [PromotionAction.VALIDATED, ending]
        if ending is PromotionAction.FAILED:
            actions = [ending]
        elif ending is PromotionAction.CLEARED:
            actions.insert(1, PromotionAction.APPLIED)
        code_id = codes.pick(draw)
        for action in actions:
            invoice_id = (
                first_invoices.get(user.organization.id) if action is PromotionAction.APPLIED else None
            )
            failure = draw.one_of(FAILURES) if action is PromotionAction.FAILED else None
            rows.add(
                "promotion_code_usages",
                id=draw.new_id(),
                promotion_code_id=code_id,
                user_id=user.id,
                action=action,
                failure_reason=failure,
                stripe_invoice_id=invoice_id,
                created_at=at,
                updated_at=at,
            )
            at = min(at + timedelta(seconds=draw.randint(3, 400)), plan.as_of)


def add_notes(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    organizations: list[SeedOrganization],
    calls: list[BookingCall],
) -> None:
    """On some customers and a few calls."""
    for organization in organizations:
        if draw.happens(NOTED_SHARE):
            request = Request(draw, draw.one_of(SUPPORT), draw.between(organization.created_at, plan.as_of))
            note = draw.one_of(NOTES)
            _add_note(rows, draw, NoteTarget.CUSTOMER, organization.id, note, request)
            add_change(
                rows, draw, request, "notes.add", get_customer_target(organization),
                f"Note on {organization.name}", after={"Note": note},
            )  # fmt: skip
    for call in calls[::200]:
        request = Request(draw, draw.one_of(SUPPORT), draw.between(call.ended_at, plan.as_of))
        _add_note(rows, draw, NoteTarget.CALL, call.call_id, draw.one_of(CALL_NOTES), request)


def _add_note(
    rows: RowBuffer, draw: Draw, kind: NoteTarget, target_id: UUID, body: str, request: Request
) -> None:
    rows.add(
        "board.notes",
        id=draw.new_id(),
        target_kind=kind,
        target_id=target_id,
        body=body,
        author_id=None,
        author_name=request.staff.email,
        edited_at=None,
        edited_by=None,
        removed_at=None,
        revision=1,
        created_at=request.at,
        updated_at=request.at,
    )
