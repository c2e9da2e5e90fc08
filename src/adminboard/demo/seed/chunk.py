"""All rows of one chunk, made one kind after the other, so that each can refer to those before."""

from collections.abc import Iterator

from adminboard.demo.seed.accounts import add_payment_methods, add_usage_periods
from adminboard.demo.seed.appointments import add_appointments
from adminboard.demo.seed.billing_events import add_billing_events, add_grace_periods
from adminboard.demo.seed.calls import BookingCall, add_calls
from adminboard.demo.seed.catalogue import Catalogue, add_catalogue, make_catalogue
from adminboard.demo.seed.copy_rows import Block, RowBuffer
from adminboard.demo.seed.credits import add_credits
from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.entitlements import add_feature_overrides, add_plan_overrides, add_suspensions
from adminboard.demo.seed.invoices import add_invoices, make_invoices
from adminboard.demo.seed.people import SeedOrganization, SeedUser, add_people, make_people
from adminboard.demo.seed.plan import Chunk, SeedPlan
from adminboard.demo.seed.promotions import add_notes, add_promotion_usages
from adminboard.demo.seed.reconciliation import add_reconciliation
from adminboard.demo.seed.subscriptions import SeedSubscription, add_subscriptions, make_subscriptions
from adminboard.demo.seed.telephony import add_businesses, make_businesses


def make_chunk(plan: SeedPlan, chunk: Chunk) -> Iterator[Block]:
    """The chunk's rows in blocks, those of one table possibly in several. The first has the catalogue too."""
    rows = RowBuffer()
    catalogue = make_catalogue(plan.seed, plan.as_of)
    if chunk.number == 0:
        add_catalogue(rows, catalogue, plan.seed)
    draw = Draw(plan.seed, f"people {chunk.number}")
    organizations = make_people(draw, plan, chunk)
    users = [user for organization in organizations for user in organization.members]
    add_people(rows, draw, plan, organizations)
    calls: list[BookingCall] = []
    yield from _make_telephony(rows, plan, chunk, users, calls)
    draw = Draw(plan.seed, f"promotions {chunk.number}")
    add_notes(rows, draw, plan, organizations, calls)
    del calls
    yield from rows.take_full()
    subscriptions = _make_billing(rows, plan, chunk, catalogue, organizations)
    yield from rows.take_full()
    draw = Draw(plan.seed, f"credits {chunk.number}")
    add_credits(rows, draw, plan, users, subscriptions, chunk.counts.credit_transactions)
    draw = Draw(plan.seed, f"entitlements {chunk.number}")
    add_feature_overrides(rows, draw, plan, catalogue, users)
    add_plan_overrides(rows, draw, plan, catalogue, organizations)
    yield from rows.take_all()


def _make_telephony(
    rows: RowBuffer, plan: SeedPlan, chunk: Chunk, users: list[SeedUser], calls: list[BookingCall]
) -> Iterator[Block]:
    draw = Draw(plan.seed, f"telephony {chunk.number}")
    counts = chunk.counts
    businesses = make_businesses(draw, plan, users, max(counts.businesses, 1 if counts.calls else 0))
    add_businesses(rows, draw, plan, businesses)
    yield from add_calls(rows, draw, plan, businesses, counts.calls, calls)
    add_appointments(rows, draw, plan, businesses, calls)


def _make_billing(
    rows: RowBuffer, plan: SeedPlan, chunk: Chunk, catalogue: Catalogue, organizations: list[SeedOrganization]
) -> list[SeedSubscription]:
    draw = Draw(plan.seed, f"billing {chunk.number}")
    counts = chunk.counts
    subscriptions = make_subscriptions(draw, plan, catalogue, organizations, counts.subscriptions)
    add_subscriptions(rows, draw, plan, subscriptions)
    invoices = make_invoices(draw, plan, subscriptions, counts.invoices)
    add_invoices(rows, draw, invoices)
    add_payment_methods(rows, draw, plan, subscriptions)
    add_usage_periods(rows, draw, plan, subscriptions)
    add_billing_events(rows, draw, plan, subscriptions, invoices, counts.billing_events)
    add_grace_periods(rows, draw, plan, invoices)
    add_suspensions(rows, draw, organizations)
    users = [user for organization in organizations for user in organization.members]
    add_promotion_usages(rows, draw, plan, catalogue, users, invoices)
    if chunk.number == 0:
        add_reconciliation(rows, draw, plan, subscriptions)
    return subscriptions
