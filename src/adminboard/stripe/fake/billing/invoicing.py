"""Invoices of subscriptions: their lines, prorations and discounts."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.periods import DAY
from adminboard.stripe.fake.records import Invoice, InvoiceLine, Price, Subscription, SubscriptionItem


def period_lines(
    account: Account, subscription: Subscription, *, is_trial: bool = False
) -> list[InvoiceLine]:
    """A line for each item's current period; free while on trial."""
    return [_line_of(account, item, is_trial=is_trial) for item in subscription.items]


def proration_lines(
    account: Account, item: SubscriptionItem, *, price: str, quantity: int, at: int
) -> list[InvoiceLine]:
    """What is given back and charged when an item changes in the middle of its period."""
    whole = item.current_period_end - item.current_period_start
    left = max(min(item.current_period_end - at, whole), 0)
    lines = []
    for words, sign, id_of_price, seats in (
        ("Unused time on", -1, item.price, item.quantity),
        ("Remaining time on", 1, price, quantity),
    ):
        cents = account.get(Price, id_of_price).unit_amount * seats
        amount = int((Decimal(cents * left) / whole).quantize(Decimal(1), ROUND_HALF_UP)) if whole else 0
        lines.append(
            account.number(
                InvoiceLine(
                    description=f"{words} {seats} × {_name_of(account, id_of_price)}",
                    amount=sign * amount,
                    quantity=seats,
                    price=id_of_price,
                    subscription_item=item.id,
                    proration=True,
                    start=at,
                    end=item.current_period_end,
                )
            )
        )
    return lines


def make_invoice(
    account: Account, subscription: Subscription, lines: Sequence[InvoiceLine], reason: str
) -> Invoice:
    """An invoice that is not kept yet, with the prorations that were waiting: the newest ones first, as
    Stripe lists them, then the periods."""
    now = account.clock.now()
    prorations = [line for line in lines if line.proration]
    regular = [line for line in lines if not line.proration]
    all_lines = [*prorations, *reversed(subscription.pending), *regular]
    discounts = _discounts_on(account, subscription, sum(line.amount for line in all_lines))
    return account.number(
        Invoice(
            customer=subscription.customer,
            subscription=subscription.id,
            currency=subscription.currency,
            lines=all_lines,
            discounts=list(discounts),
            total_discount_amounts=[
                {"amount": amount, "discount": identifier} for identifier, amount in discounts.items()
            ],
            total=sum(line.amount for line in all_lines) - sum(discounts.values()),
            billing_reason=reason,
            period_start=min((line.start for line in all_lines), default=now),
            period_end=max((line.end for line in all_lines), default=now),
        )
    )


def finalize(account: Account, subscription: Subscription, invoice: Invoice) -> Invoice:
    """Keeps the invoice, numbers it, and takes in the prorations that it charges."""
    account.add(invoice, event="invoice.created")
    subscription.pending = []
    subscription.latest_invoice = invoice.id
    invoice.status = "open"
    invoice.finalized_at = account.clock.now()
    invoice.collection_method = subscription.collection_method
    if subscription.days_until_due is not None:
        invoice.due_date = invoice.finalized_at + subscription.days_until_due * DAY
    invoice.number = (
        f"{invoice.customer[-8:].upper()}-{len(account.invoices.of('customer', invoice.customer)):04d}"
    )
    account.tell("invoice.finalized", invoice)
    return invoice


def _line_of(account: Account, item: SubscriptionItem, *, is_trial: bool) -> InvoiceLine:
    price = account.get(Price, item.price)
    name = _name_of(account, item.price)
    return account.number(
        InvoiceLine(
            description=f"Trial period for {name}" if is_trial else f"{item.quantity} × {name}",
            amount=0 if is_trial else price.unit_amount * item.quantity,
            quantity=item.quantity,
            price=price.id,
            subscription_item=item.id,
            start=item.current_period_start,
            end=item.current_period_end,
        )
    )


def _name_of(account: Account, price: str) -> str:
    product = account.products.find(account.get(Price, price).product)
    return product.name if product else price


def _discounts_on(account: Account, subscription: Subscription, amount: int) -> dict[str, int]:
    """What each discount of the subscription takes off."""
    now, left, taken = account.clock.now(), max(amount, 0), {}
    for identifier in subscription.discounts:
        discount = account.discounts.find(identifier)
        coupon = account.coupons.find(discount.coupon) if discount else None
        if discount and coupon and (discount.end is None or discount.end > now):
            percent = Decimal(left) * (coupon.percent_off or 0) / 100
            off = coupon.amount_off or int(percent.quantize(Decimal(1), ROUND_HALF_UP))
            taken[identifier] = min(off, left)
            left -= taken[identifier]
    return taken
