"""What the gateway makes of Stripe's bad days: whether something has happened is never guessed."""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError
from adminboard.settings import StripeAccess
from adminboard.stripe.errors import KeyNotAccepted, RateLimited, StripeUnavailable, UnknownOutcome
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.faults import Fault, FaultKind
from adminboard.stripe.fake.records import Customer
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import Patience, StripeGateway
from adminboard.stripe.limiter import Limiter
from adminboard.stripe.objects import Payment
from tests.factories import START
from tests.stand_in import Control
from tests.stripe.conftest import OpenGateway
from tests.stripe.making import Maker, item_of

IMPATIENT = 0.2

ONCE = [
    # what goes wrong, what is told, and how much was refunded
    ("unauthorized", KeyNotAccepted, []),
    ("forbidden", KeyNotAccepted, []),
    ("rate_limit", RateLimited, []),
    ("conflict", StripeUnavailable, []),
    ("server_error", UnknownOutcome, []),
    ("server_error_after", UnknownOutcome, [5_000]),
    ("reset", UnknownOutcome, []),
    ("reset_after", UnknownOutcome, [5_000]),
    ("timeout", UnknownOutcome, []),
    ("timeout_after", UnknownOutcome, [5_000]),
]


@pytest.fixture
def payment(standin: StandIn, make: Maker, gateway: StripeGateway) -> Payment:
    invoice = make.subscription(seats=3).latest_invoice
    assert isinstance(invoice, str)
    return gateway.invoices.list_payments(invoice)[0]


def refunds_of(standin: StandIn) -> Sequence[int]:
    return [refund.amount for refund in standin.account.refunds]


@pytest.mark.parametrize(("kind", "told", "refunded"), ONCE)
def test_one_attempt_tells_what_is_known(
    standin: StandIn,
    control: Control,
    open_gateway: OpenGateway,
    payment: Payment,
    kind: str,
    told: type[DomainError],
    refunded: list[int],
) -> None:
    control("fault", kind=kind, path="/v1/refunds")

    with pytest.raises(told):
        open_gateway(read_seconds=IMPATIENT).refunds.create(payment, 5_000, key="once")

    assert refunds_of(standin) == refunded


@pytest.mark.parametrize(
    "kind", ["rate_limit", "conflict", "server_error", "reset", "reset_after", "timeout_after"]
)
def test_further_attempts_with_the_same_key_refund_once(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment, kind: str
) -> None:
    control("fault", kind=kind, path="/v1/refunds", times=2, seconds=0)

    refund = open_gateway(attempts=3, read_seconds=IMPATIENT).refunds.create(payment, 5_000, key="thrice")

    assert (refund.status, refund.amount_cents) == ("succeeded", 5_000)
    assert refunds_of(standin) == [5_000]
    assert standin.calls.count("POST /v1/refunds") == 3


def test_an_error_that_stripe_keeps_under_the_key_is_settled_by_looking(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment
) -> None:
    control("fault", kind="server_error_after", path="/v1/refunds")
    gateway = open_gateway(attempts=3)

    with pytest.raises(UnknownOutcome):
        gateway.refunds.create(payment, 5_000, key="kept")

    found = gateway.refunds.find_by_key(payment, "kept")
    assert found is not None
    assert found.amount_cents == 5_000


@pytest.mark.parametrize("later", ["rate_limit", "conflict", "unauthorized", "forbidden"])
@pytest.mark.parametrize("first", ["reset_after", "timeout_after", "server_error_after"])
def test_an_outcome_once_unknown_stays_so_when_stripe_says_not_now_or_not_you(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment, first: str, later: str
) -> None:
    control("fault", kind=first, path="/v1/refunds")
    control("fault", kind=later, path="/v1/refunds", times=2, seconds=0)

    with pytest.raises(UnknownOutcome):
        open_gateway(attempts=3, read_seconds=IMPATIENT).refunds.create(payment, 5_000, key="unknown")

    assert refunds_of(standin) == [5_000]


def test_an_outcome_once_unknown_stays_so_when_no_further_attempt_may_be_made(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment
) -> None:
    """Others have used up the calls meanwhile."""
    limiter = Limiter(1_000)
    control("fault", kind="reset_after", path="/v1/refunds")
    gateway = open_gateway(attempts=3, limiter=limiter, pause=lambda _: limiter.back_off(60))

    with pytest.raises(UnknownOutcome):
        gateway.refunds.create(payment, 5_000, key="unknown")

    assert refunds_of(standin) == [5_000]
    with pytest.raises(RateLimited):
        gateway.refunds.create(payment, 5_000, key="another")


def test_an_outcome_once_unknown_stays_so_when_stripe_is_gone() -> None:
    """Refused connections alone would say that nothing was done."""
    standin = StandIn(MovableClock(START))
    standin.faults.plan(Fault(FaultKind.RESET_AFTER))
    with ExitStack() as running:
        url = running.enter_context(serving(make_standin_app(standin)))
        gateway = StripeGateway(
            StripeAccess(SecretStr("sk_test_of_nobody"), SecretStr("whsec_of_nobody"), url, 1_000),
            patience=Patience(attempts=3),
            pause=lambda _: running.close(),
        )
        customer = standin.account.add(Customer(name="Blue Door Dental"))

        with pytest.raises(UnknownOutcome):
            gateway.customers.update(customer.id, name="Red Door Dental", key="name")

    assert customer.name == "Red Door Dental"


def test_two_at_once_with_one_key_refund_once(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment
) -> None:
    control("fault", kind="slow", path="/v1/refunds", seconds=0.5)
    gateway = open_gateway()

    def refund(_: int) -> int | str:
        try:
            return gateway.refunds.create(payment, 5_000, key="both").amount_cents
        except UnknownOutcome as unknown:
            return unknown.code

    with ThreadPoolExecutor(2) as threads:
        told = sorted(map(str, threads.map(refund, range(2))))

    assert told == ["5000", "unknown_outcome"]
    assert refunds_of(standin) == [5_000]


def test_a_cancellation_whose_answer_was_lost_is_found_to_be_done(
    standin: StandIn, control: Control, open_gateway: OpenGateway, make: Maker
) -> None:
    made = make.subscription()
    control("fault", kind="reset_after", method="DELETE")

    cancelled = open_gateway(attempts=2).subscriptions.cancel_now(made.id, key="cancel")

    assert cancelled.status == "canceled"


@pytest.mark.parametrize("kind", ["server_error", "rate_limit", "reset"])
def test_a_cancellation_whose_answer_was_lost_stays_unknown_where_it_cannot_be_looked_up(
    standin: StandIn, control: Control, open_gateway: OpenGateway, make: Maker, kind: str
) -> None:
    made = make.subscription()
    control("fault", kind="reset_after", method="DELETE")
    control("fault", kind=kind, method="GET", times=2, seconds=0)
    gateway = open_gateway(attempts=2)

    with pytest.raises(UnknownOutcome):
        gateway.subscriptions.cancel_now(made.id, key="cancel")

    assert gateway.subscriptions.cancel_now(made.id, key="cancel").status == "canceled"


def test_a_change_of_seats_whose_answer_was_lost_is_charged_once(
    standin: StandIn, control: Control, open_gateway: OpenGateway, make: Maker
) -> None:
    made = make.subscription(seats=3)
    invoices = len(standin.account.invoices)
    control("clock", days=5)
    control("fault", kind="timeout_after", path="/v1/subscriptions")
    gateway = open_gateway(attempts=2, read_seconds=IMPATIENT)

    changed = gateway.subscriptions.change_quantity(made.id, item_of(made).id, 5, key="seats")

    kept = standin.account.subscriptions.find(made.id)
    assert kept is not None
    assert (changed.items[0].quantity, len(kept.pending)) == (5, 2)
    assert len(standin.account.invoices) == invoices


@pytest.mark.parametrize("kind", ["server_error", "reset", "timeout", "conflict"])
def test_reading_says_that_stripe_is_not_available(
    standin: StandIn, control: Control, open_gateway: OpenGateway, payment: Payment, kind: str
) -> None:
    control("fault", kind=kind, method="GET")

    with pytest.raises(StripeUnavailable):
        open_gateway(read_seconds=IMPATIENT).refunds.list_of_payment(payment)


def test_where_nothing_listens_nothing_was_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    secret = SecretStr("whsec_of_nobody")
    access = StripeAccess(SecretStr("sk_test_of_nobody"), secret, f"http://127.0.0.1:{port}", 1_000)
    gateway = StripeGateway(access, patience=Patience(attempts=2), pause=lambda _: None)

    with pytest.raises(StripeUnavailable, match="nothing was changed"):
        gateway.subscriptions.cancel_at_period_end("sub_1", key="gone")


def test_stripe_down_is_not_available_and_up_again_answers(
    standin: StandIn, control: Control, gateway: StripeGateway, payment: Payment
) -> None:
    control("down")
    with pytest.raises(StripeUnavailable):
        gateway.customers.list_page()
    control("up")

    assert len(gateway.customers.list_page().items) == 1


def test_after_too_many_calls_everybody_waits_as_long_as_stripe_asks(
    standin: StandIn, control: Control, open_gateway: OpenGateway
) -> None:
    pauses: list[float] = []
    limiter = Limiter(1_000, monotonic=lambda: 0, pause=pauses.append)
    control("fault", kind="rate_limit", seconds=3)

    open_gateway(attempts=2, limiter=limiter).customers.list_page()

    assert pauses == [pytest.approx(3)]


def test_a_key_that_stripe_does_not_accept_is_named_by_its_variable(place: StripeAccess) -> None:
    wrong = StripeAccess(SecretStr("sk_of_nobody"), place.webhook_secret, place.api_base, 100)

    with pytest.raises(KeyNotAccepted, match="STRIPE_API_KEY") as refused:
        StripeGateway(wrong).customers.list_page()

    assert "sk_of_nobody" not in refused.value.detail
