"""Subscriptions that are the same here and in the stand-in, to be made different one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from adminboard.app import make_board
from adminboard.billing.models import Plan, Subscription, SubscriptionStatus
from adminboard.core.action_runner import Confirmation, Outcome
from adminboard.core.actor import command_line_actor
from adminboard.core.models import Run, RunStatus
from adminboard.core.run_advancing import RunAdvancer
from adminboard.reconciliation.actions import FixDifferences, RunReconciliation
from adminboard.reconciliation.models import (
    Discrepancy,
    DiscrepancyKind,
    DiscrepancyStatus,
    ListedSubscription,
)
from adminboard.stripe.fake import records
from adminboard.stripe.fake.standin import StandIn
from adminboard.worker import make_run_advancer
from tests.clients import BoardUnderTest
from tests.factories import START, make_organization, make_plan, make_subscription
from tests.stand_in import Control

REASON = "Webhooks were away for an hour"

ACTOR = command_line_actor("reconciler")
MONTH = timedelta(days=30)
_numbers = count(1)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def put_difference(session: Session, run_id: UUID, **fields: Any) -> Discrepancy:
    """Seats that differ from Stripe, as this run has found; ``fields`` say otherwise."""
    found = {
        "kind": DiscrepancyKind.QUANTITY,
        "local_value": 3,
        "stripe_value": 7,
        "checked_at": START,
        "stripe_subscription_id": f"sub_{next(_numbers)}",
    }
    difference = Discrepancy(run_id=run_id, **(found | fields))
    session.add(difference)
    session.flush()
    return difference


@dataclass
class Twin:
    """A subscription on both sides."""

    organization_id: UUID
    subscription_id: UUID
    customer: records.Customer
    there: records.Subscription

    @property
    def id(self) -> str:
        return self.there.id

    @property
    def item(self) -> records.SubscriptionItem:
        return self.there.items[0]


@dataclass
class Twins:
    """A board and a stand-in that show the same, until a test says otherwise."""

    board: BoardUnderTest
    standin: StandIn
    control: Control
    plans: dict[str, Plan] = field(default_factory=dict)

    def sell(self, slug: str) -> Plan:
        """A plan that both sides know."""
        if slug not in self.plans:
            with self.board.rows() as session:
                plan = make_plan(session, slug=slug, name=slug.title())
            self.plans[slug] = plan
            self.standin.account.products.add(records.Product(id=str(plan.stripe_product_id), name=plan.name))
            self.standin.account.prices.add(self.price_of(plan))
        return self.plans[slug]

    def price_of(self, plan: Plan) -> records.Price:
        return records.Price(
            id=str(plan.stripe_price_id),
            product=str(plan.stripe_product_id),
            unit_amount=plan.amount_cents,
            currency=plan.currency,
        )

    def subscribe(self, status: str = "active", *, seats: int = 3, plan: str = "growth") -> Twin:
        """A customer with a subscription, the same on both sides."""
        sold = self.sell(plan)
        customer = self.standin.account.customers.add(records.Customer(id=f"cus_{next(_numbers)}"))
        there = self.there(customer, sold, status=status, seats=seats)
        with self.board.rows() as session:
            payer = make_organization(session, stripe_customer_id=customer.id)
            row = make_subscription(
                session,
                organization_id=payer.id,
                plan_id=sold.id,
                stripe_subscription_id=there.id,
                stripe_item_id=there.items[0].id,
                status=SubscriptionStatus(status),
                quantity=seats,
                stripe_state_at=START,
            )
        return Twin(payer.id, row.id, customer, there)

    def there(
        self, customer: records.Customer, plan: Plan, *, status: str = "active", seats: int = 3
    ) -> records.Subscription:
        """A subscription in the stand-in alone."""
        number = next(_numbers)
        item = records.SubscriptionItem(
            id=f"si_{number}",
            created=seconds(START),
            subscription=f"sub_{number}",
            price=str(plan.stripe_price_id),
            quantity=seats,
            current_period_start=seconds(START),
            current_period_end=seconds(START + MONTH),
        )
        made = records.Subscription(
            id=f"sub_{number}",
            created=seconds(START) + number,
            customer=customer.id,
            currency="usd",
            status=status,
            start_date=seconds(START),
            billing_cycle_anchor=seconds(START),
            items=[item],
        )
        self.standin.account.subscription_items.add(item)
        return self.standin.account.subscriptions.add(made)

    def change_here(self, twin: Twin, **values: Any) -> None:
        """As if the board had missed what happened: the row was not touched since long ago."""
        with self.board.rows() as session:
            session.execute(
                update(Subscription)
                .where(Subscription.id == twin.subscription_id)
                .values(updated_at=START, **values)
            )

    def remove_there(self, twin: Twin) -> None:
        """Stripe never does this; another account does."""
        subscriptions = self.standin.account.subscriptions
        kept = [record for record in subscriptions if record.id != twin.id]
        fresh = type(subscriptions)(records.Subscription, indexed=("customer",))
        fresh.load(kept)
        self.standin.account.subscriptions = fresh
        self.standin.account._by_kind[records.Subscription.KIND] = fresh

    def move_there(self, twin: Twin, customer: records.Customer) -> None:
        self.standin.account.subscriptions.move(twin.there, "customer", customer.id)

    def compare(self) -> Run:
        """A comparison from beginning to end."""
        return self.finish(
            UUID(self.act("reconciliation.run", RunReconciliation(reason=REASON)).result["run"])
        )

    def fix(self, *differences: UUID) -> Run:
        """A repair from beginning to end."""
        command = FixDifferences(differences=differences, reason="Webhooks were away")
        return self.finish(UUID(self.act("reconciliation.fix", command).result["run"]))

    def act(self, name: str, command: Any) -> Outcome:
        runner = make_board(self.board.runtime).runner
        return runner.run(ACTOR, runner.actions.get(name), command, Confirmation(accepts_all=True))

    def finish(self, run_id: UUID) -> Run:
        self.advancer().advance_next(run_id)
        run = self.see(run_id)
        assert run.status is RunStatus.FINISHED, run.error
        return run

    def advancer(self, slice_seconds: float = 600) -> RunAdvancer:
        return make_run_advancer(self.board.runtime, slice_seconds=slice_seconds)

    def subscribe_late(self, twin: Twin) -> str:
        """A subscription that came by a webhook just now, which the list did not have yet."""
        with self.board.rows() as session:
            return str(
                make_subscription(
                    session, plan_id=self.sell("growth").id, updated_at=func.now()
                ).stripe_subscription_id
            )

    def lose_listed(self) -> None:
        with self.board.rows() as session:
            session.execute(delete(ListedSubscription))

    def see(self, run_id: UUID) -> Run:
        with self.board.rows() as session:
            return session.get_one(Run, run_id)

    def row(self, twin: Twin) -> Subscription:
        with self.board.rows() as session:
            return session.get_one(Subscription, twin.subscription_id)

    def found(self, status: DiscrepancyStatus = DiscrepancyStatus.OPEN) -> set[tuple[str, str | None]]:
        """Kind and subscription of every difference in this state."""
        return {(item.kind.value, item.stripe_subscription_id) for item in self.discrepancies(status)}

    def discrepancies(self, status: DiscrepancyStatus = DiscrepancyStatus.OPEN) -> list[Discrepancy]:
        with self.board.rows() as session:
            return list(session.scalars(select(Discrepancy).where(Discrepancy.status == status)))

    def calls(self, path: str = "/v1/subscriptions") -> int:
        return sum(call == f"GET {path}" for call in self.standin.calls)

    def ids(self) -> Iterator[str]:
        return (record.id for record in self.standin.account.subscriptions)
