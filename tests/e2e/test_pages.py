"""Every page, small and large, light and dark: nothing for axe to find, no error, nothing that jumps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from adminboard.agents.models import AiAgent
from adminboard.appointments.models import Appointment
from adminboard.auth.models import Admin, ApiKey
from adminboard.billing.event_models import BillingEvent, GracePeriod
from adminboard.billing.models import PaymentMethod, Refund, Subscription, UsagePeriod
from adminboard.businesses.models import Business, BusinessFigures
from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Approval
from adminboard.core.permissions import Permission, Role
from adminboard.credits.models import CreditTransaction
from adminboard.notes.models import Note
from adminboard.promotions.models import PromotionCodeUsage
from adminboard.users.models import UserFigures
from tests.e2e.accessibility import EVERYTHING, OF_THE_SIZE, emulate_theme, find_faults, find_violations
from tests.e2e.serving import ServedBoard
from tests.e2e.visitors import LARGE, SMALL, Visitors, watched_visitors
from tests.e2e.watching import get_layout_shift

BEFORE_LOGIN = ("/login", "/login?expired=1&next=/users", "/login/second-factor", "/set-password", "/v1/docs")
LISTS = (
    "/users",
    "/users?selected={caller}",
    "/users?q=nobody-is-called-so",
    "/users?plan=growth&sort=-calls_30d&size=25",
    "/businesses",
    "/businesses?selected={business}&sort=-calls_30d",
    "/businesses?selected={quiet_business}&active=no",
    "/businesses?owner={caller}&industry=Plumbing",
    "/agents",
    "/agents?selected={agent}&language=es-US",
    "/calls",
    "/calls?q=appointment&selected={call}",
    "/customers",
    "/customers?selected={customer}",
    "/customers?subscription=canceled&payment_method=no&sort=name",
    "/customers/{customer}",
    "/customers/{customer}/members",
    "/customers/{customer}/notes",
    "/customers/{payer}/invoices?selected={invoice}",
    "/customers/{payer}/events",
    "/customers/{payer}/timeline",
    "/billing/subscriptions",
    "/billing/subscriptions?selected={subscription}",
    "/billing/invoices",
    "/billing/invoices?selected={invoice}&failed=yes",
    "/billing/refunds?selected={refund}",
    "/billing/usage?overage=yes",
    "/billing/usage?selected={usage_period}",
    "/billing/payment-methods?selected={payment_method}&sort=expires",
    "/billing/grace-periods?selected={grace_period}&status=open",
    "/billing/invoices?customer={customer}",
    "/webhooks",
    "/webhooks?selected={event}",
    "/webhooks?status=failed&source=webhook",
    "/credits",
    "/credits?find=ma",
    "/credits?user={caller}",
    "/credits?user={caller}&selected={transaction}",
    "/credits?user={caller}&tab=proof",
    "/credits/balances",
    "/appointments",
    "/appointments?selected={appointment}",
    "/appointments?starts=next7d&upcoming=yes&status=confirmed&source=ai_call",
    "/promotions",
    "/promotions?selected={code}&sort=-uses",
    "/promotions/usages?code={code}",
    "/promotions/usages?selected={usage}&action=applied&latest=yes",
    "/approvals",
    "/approvals?selected={approval}",
    "/audit",
    "/audit?selected={entry}",
    "/settings/admins",
    "/settings/admins?selected={admin}",
    "/settings/api-keys?selected={key}",
)
OTHERS = (
    "/",
    "/system",
    "/system/database-test",
    "/system/panels/row_counts",
    "/calls/{call}/transcript?q=thanks",
    "/notes/panel?customer={customer}",
    "/actions/notes.add?customer={customer}",
    "/actions/notes.edit?note={note}",
    "/approvals/{approval}/now",
    "/actions/approvals.reject?approval={approval}",
    "/audit/chain",
    "/audit/history?kind=user&id={caller}",
    "/settings/thresholds",
    "/help",
    "/help/refund",
    "/account",
    "/account/password",
    "/account/second-factor",
    "/step-up",
    "/search?q=ma",
    "/search?q=adjust+credits+for+ma",
    "/search",
    "/actions/credits.adjust",
    "/actions/credits.adjust?user={caller}",
    "/actions/credits.reverse?transaction_id={transaction}",
    "/actions/admins.invite",
    "/actions/api_keys.create",
    "/actions/settings.change?setting=grace_period_days&value=7",
    "/actions/account.change_time_zone",
)
MOST_SHIFT = 0.01
"""Of the score browsers call cumulative layout shift; 0.1 counts as good, an arriving button is 0.002."""


@pytest.fixture(scope="module")
def names(board: ServedBoard) -> dict[str, str]:
    """Ids to fill addresses with: somebody with calls and credits, and one of everything else."""
    board.behind.new_key([Permission.CREDITS_READ])
    with board.behind.runtime.reading() as session:
        transaction = (
            select(CreditTransaction.id)
            .join(UserFigures, UserFigures.user_id == CreditTransaction.user_id)
            .order_by(UserFigures.calls_30d.desc())
            .limit(1)
        )
        found = {
            "transaction": transaction,
            "caller": select(CreditTransaction.user_id).where(
                CreditTransaction.id == transaction.scalar_subquery()
            ),
            "business": select(BusinessFigures.business_id)
            .order_by(BusinessFigures.calls_30d.desc())
            .limit(1),
            "quiet_business": select(Business.id)
            .where(Business.id.not_in(select(BusinessFigures.business_id)))
            .limit(1),
            "agent": select(AiAgent.id).where(AiAgent.greeting_message.is_not(None)).limit(1),
            "appointment": select(Appointment.id).where(Appointment.extra != {}).limit(1),
            "usage": select(PromotionCodeUsage.id).order_by(PromotionCodeUsage.id).limit(1),
            "code": select(PromotionCodeUsage.promotion_code_id).order_by(PromotionCodeUsage.id).limit(1),
            "call": select(CallLog.id).where(CallLog.transcript.is_not(None)).limit(1),
            "customer": select(Note.target_id).where(Note.target_kind == "customer").limit(1),
            "note": select(Note.id).where(Note.target_kind == "customer").limit(1),
            "event": select(BillingEvent.id).where(BillingEvent.raw_payload.is_not(None)).limit(1),
            "approval": select(Approval.id).order_by(Approval.credits).limit(1),
            "entry": select(AuditEntry.id).where(AuditEntry.action == "credits.adjust").limit(1),
            "subscription": select(Subscription.id).limit(1),
            "refund": select(Refund.id).order_by(Refund.id).limit(1),
            "invoice": select(Refund.invoice_id).order_by(Refund.id).limit(1),
            "payer": select(Refund.organization_id).order_by(Refund.id).limit(1),
            "usage_period": select(UsagePeriod.id).limit(1),
            "payment_method": select(PaymentMethod.id).limit(1),
            "grace_period": select(GracePeriod.id).limit(1),
            "admin": select(Admin.id).where(Admin.email == "support@aicallgo.test"),
            "key": select(ApiKey.id).limit(1),
        }
        return {name: str(session.execute(statement).scalar_one()) for name, statement in found.items()}


@pytest.fixture(scope="module")
def walker(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    """Who opens page after page, as people do: style and script are fetched but once."""
    with watched_visitors(board, chromium) as walker:
        yield walker


@pytest.fixture(scope="module")
def page(walker: Visitors) -> Page:
    page = walker.open_page(Role.ADMIN)
    page.goto("/set-password")
    return page


@pytest.mark.parametrize("path", BEFORE_LOGIN)
def test_pages_before_the_login_are_right(visitors: Visitors, path: str) -> None:
    page = visitors.open_page()
    page.goto("/set-password")
    assert_right(page, path)


@pytest.mark.parametrize("path", [*LISTS, *OTHERS])
def test_pages_are_right(walker: Visitors, page: Page, names: dict[str, str], path: str) -> None:
    assert_right(page, path.format(**names))
    walker.assert_nothing_went_wrong()


@pytest.mark.parametrize(("role", "path", "status"), [(Role.VIEWER, "/audit", 403), (None, "/nothing", 404)])
def test_refusals_are_right(visitors: Visitors, role: Role | None, path: str, status: int) -> None:
    page = visitors.open_page(role)
    page.goto("/set-password")
    with visitors.expecting(status):
        assert_right(page, path, status=status)


def assert_right(page: Page, path: str, *, status: int = 200) -> None:
    """In light at one size and in dark at the other. The large one shows more, and so axe looks there at
    everything."""
    for size, theme, rules in ((SMALL, "light", OF_THE_SIZE), (LARGE, "dark", EVERYTHING)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        emulate_theme(page, theme)
        response = page.goto(path)
        assert response is not None
        assert response.status == status
        shift = get_layout_shift(page)
        if shift > MOST_SHIFT:  # Once more: a busy machine may paint a frame before the style has arrived.
            page.reload()
            shift = get_layout_shift(page)
        found = [f"the page jumps by {shift}"] if shift > MOST_SHIFT else []
        found += find_faults(page)
        found += find_violations(page, rules)
        assert not found, f"{path} at {size[0]}, {theme}:\n" + "\n".join(found)
