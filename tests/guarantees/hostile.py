"""A board whose every text is what somebody wrote in each column that people or other systems fill."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from sqlalchemy import Enum, String, Text
from sqlalchemy.orm import Session

from adminboard.core.permissions import Role
from adminboard.models import (
    agents,
    appointments,
    auth,
    billing,
    billing_events,
    businesses,
    calls,
    core,
    customers,
    entitlements,
    notes,
    promotions,
    users,
)
from tests import factories
from tests.clients import BoardUnderTest
from tests.credit_factories import make_grant
from tests.guarantees.hostile_billing import put_billing

Make = Callable[..., Any]
NOT_FREE = frozenset({"timezone", "time_zone", "currency", "interval", "password_hash", "page", "prefix"})
"""Text that a rule of the board or of Stripe holds to certain words."""
CUSTOMER_TABS = (
    "",
    "/members",
    "/invoices",
    "/payment-methods",
    "/refunds",
    "/events",
    "/timeline",
    "/notes",
)
_numbers = count(1)


@dataclass(frozen=True)
class Scene:
    """Whom the hostile texts are about. ``records`` holds a row of every other list, by the list's path."""

    user: UUID
    admin: UUID
    audit: UUID
    records: dict[str, UUID | str] = field(default_factory=dict)


def texts_of(model: Any, write: Callable[[], str]) -> dict[str, str]:
    """A text for each column of the model that may hold any."""
    return {
        column.key: write()
        for column in model.__table__.columns
        if isinstance(column.type, String | Text)
        and not isinstance(column.type, Enum)
        and not column.foreign_keys
        and column.key not in NOT_FREE
    }


def fill(board: BoardUnderTest, text: str) -> Scene:
    """Rows in every table that a page of the board shows, with ``text`` and a number in every text."""

    def write() -> str:
        return f"{text} {next(_numbers)}"

    with board.rows() as session:
        user, admin, records = _put_rows(session, write)
    return Scene(user, admin, _change_something(board, user, write), records)


def _put_rows(session: Session, write: Callable[[], str]) -> tuple[UUID, UUID, dict[str, UUID | str]]:
    def make(factory: Make, model: Any, **fields: Any) -> Any:
        return factory(session, **(texts_of(model, write) | fields))

    payer = make(factories.make_organization, customers.Organization)
    plan = make(factories.make_plan, billing.Plan)
    subscription = make(
        factories.make_subscription, billing.Subscription, organization_id=payer.id, plan_id=plan.id
    )
    user = make(factories.make_user, users.User, organization_id=payer.id)
    business = make(
        factories.make_business,
        businesses.Business,
        owner_id=user.id,
        operating_hours={"monday": {"open": write(), "close": write()}, "tuesday": write()},
        core_services=[write(), {"name": write()}],
    )
    agent = make(factories.make_agent, agents.AiAgent, business_id=business.id)
    call = make(factories.make_call, calls.CallLog, business_id=business.id)
    booked = make(
        factories.make_appointment,
        appointments.Appointment,
        user_id=user.id,
        business_id=business.id,
        end_user_id=make(factories.make_end_user, appointments.AppointmentEndUser).id,
        extra={write(): [write()]},
    )
    code = make(factories.make_promotion_code, promotions.PromotionCode)
    usage = make(
        factories.make_promotion_code_usage,
        promotions.PromotionCodeUsage,
        promotion_code_id=code.id,
        user_id=user.id,
    )
    make_grant(session, user.id, "45.50", expires_at=factories.START + timedelta(days=9))
    admin = _put_staff(session, make, write)
    records: dict[str, UUID | str] = {
        "/businesses": business.id,
        "/agents": agent.id,
        "/calls": call.id,
        "/appointments": booked.id,
        "/promotions": code.id,
        "/promotions/usages": usage.id,
        "/entitlements/overrides": _put_override(make, user, plan),
        **put_billing(make, subscription),
        **_put_customer(make, payer.id, call.id, write),
        "/bulk": _put_run(make, write),
    }
    asked = make(
        factories.make_approval,
        core.Approval,
        requested_by_id=admin,
        preview=_hostile_preview(write),
        facts={write(): write()},
        command={write(): write()},
    )
    return user.id, admin, {**records, "/approvals": asked.id}


def _hostile_preview(write: Callable[[], str]) -> dict[str, Any]:
    change = {"field": write(), "before": write(), "after": write(), "cell": "long_text"}
    warning = {"code": write(), "message": write(), "must_acknowledge": True}
    words = {name: write() for name in ("title", "label", "needs_approval")}
    return {**words, "changes": [change, change | {"cell": "text"}], "warnings": [warning]}


def _put_override(make: Make, user: users.User, plan: billing.Plan) -> UUID:
    """An override of a feature of the user's plan, which a plan override gives."""
    feature = make(factories.make_feature, entitlements.Feature)
    make(factories.make_plan_feature, entitlements.PlanFeature, plan_id=plan.id, feature_id=feature.id)
    payer = {"organization_id": user.organization_id, "plan_id": plan.id}
    make(factories.make_plan_override, entitlements.PlanOverride, **payer)
    override = make(
        factories.make_override, entitlements.UserFeatureOverride, user_id=user.id, feature_id=feature.id
    )
    return UUID(str(override.id))


def _put_staff(session: Session, make: Make, write: Callable[[], str]) -> UUID:
    """An administrator with a key, a flag, and a saved view of everybody; returns the administrator."""
    admin = make(factories.make_admin, auth.Admin, role=Role.ADMIN, invitation_hash=None)
    session.add(
        auth.ApiKey(
            prefix=f"hostile{next(_numbers)}",
            secret_hash=bytes(32),
            name=write(),
            owner_admin_id=admin.id,
            scopes=["customers.read"],
            created_at=factories.START,
            expires_at=factories.START + timedelta(days=9),
        )
    )
    flag = texts_of(core.FeatureFlag, write)
    session.add(core.FeatureFlag(enabled=True, updated_at=factories.START, **flag))
    session.flush()
    for role in Role:
        for viewer in session.query(auth.Admin).filter_by(role=role):
            make(factories.make_saved_view, core.SavedView, admin_id=viewer.id, page="users")
    return UUID(str(admin.id))


def _put_run(make: Make, write: Callable[[], str]) -> UUID:
    """A run of changes with a row of each kind of text."""
    preview = {
        "subject": {"kind": "user", "id": write(), "label": write()},
        "changes": [{"field": write(), "before": write(), "after": write(), "cell": "text"}],
        "warnings": [{"code": write(), "message": write(), "must_acknowledge": True}],
        "needs_approval": write(),
    }
    warning = {"code": write(), "rows": 1, "example": write(), "must_acknowledge": True}
    found = {
        "ready": 1,
        "refused": 0,
        "repeated": 0,
        "to_approve": 1,
        "approval": write(),
        "warnings": [warning],
    }
    run = make(
        factories.make_bulk_run,
        core.Run,
        kind="bulk",
        action="credits.adjust",
        actor_kind="system",
        outcome=found,
    )
    row_input = {name: write() for name in ("user", "amount", "type", "reason", "expires_at")}
    make(factories.make_run_row, core.RunRow, run_id=run.id, input=row_input, preview=preview)
    return UUID(str(run.id))


def _put_customer(make: Make, payer: UUID, call: UUID, write: Callable[[], str]) -> dict[str, UUID]:
    """A billing event and notes, by the paths of the lists beside which they stand."""
    event = make(
        factories.make_billing_event,
        billing_events.BillingEvent,
        organization_id=payer,
        raw_payload={write(): [write()]},
    )
    member = make(factories.make_membership, customers.Membership, organization_id=payer)
    for kind, target in ((notes.NoteTarget.CUSTOMER, payer), (notes.NoteTarget.CALL, call)):
        make(factories.make_note, notes.Note, target_kind=kind, target_id=target)
    call_outside = make(factories.make_operation, core.Operation, parameters={write(): [write()]})
    replay = make(
        factories.make_run,
        core.Run,
        kind="webhooks.replay",
        actor_kind="system",
        parameters={"reason": write()},
        rows_total=1,
    )
    make(factories.make_run_row, core.RunRow, run_id=replay.id, input={"event": str(event.id)}, preview={})
    return {
        "/customers": payer,
        f"/customers/{payer}/members": member.id,
        f"/customers/{payer}/events": event.id,
        "/webhooks": event.id,
        "/webhooks/replays": replay.id,
        "/system/operations": call_outside.id,
    }


def _change_something(board: BoardUnderTest, user: UUID, write: Callable[[], str]) -> UUID:
    """An adjustment with a hostile reason, which the audit log and the ledger then tell."""
    answer = board.program().post(
        f"/v1/admin/users/{user}/credit-adjustments",
        json={"amount": "5.00", "reason": f"{write()} {'x' * 10}"[:500]},
        headers={"Idempotency-Key": uuid4().hex, "User-Agent": "<xss-agent>"},
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["audit_id"])


def addresses_of(scene: Scene) -> list[str]:
    """Pages that show the scene's rows beyond the lists themselves."""
    return [
        "/",
        f"/users?selected={scene.user}",
        f"/users?q={scene.user}&columns=email&columns=plan",
        f"/credits?user={scene.user}",
        f"/credits?user={scene.user}&tab=proof",
        f"/entitlements?user={scene.user}",
        "/entitlements",
        f"/actions/entitlements.set_override?user={scene.user}",
        f"/actions/billing.override_entitlement?user={scene.user}",
        f"/actions/billing.reset_grace_period?user={scene.user}",
        f"/audit?selected={scene.audit}",
        f"/audit/history?kind=user&id={scene.user}",
        f"/settings/admins?selected={scene.admin}",
        f"/actions/credits.adjust?user={scene.user}",
        f"/actions/admins.change_role?admin={scene.admin}",
        f"/search?q={scene.user}",
        f"/users/picker?user={scene.user}",
        *(
            f"{path}?selected={quote(str(record))}"
            for path, record in scene.records.items()
            if path != "/webhooks/replays"
        ),
        *(
            address.format(scene.records[path])
            for path, address in (("/webhooks/replays", "/webhooks/replays/{}"),)
            if path in scene.records
        ),
        *(
            f"/customers/{scene.records[path]}{tab}"
            for path in scene.records
            if path == "/customers"
            for tab in CUSTOMER_TABS
        ),
        *(
            f"/notes/panel?{kind}={scene.records[path]}"
            for kind, path in (("customer", "/customers"), ("call", "/calls"))
            if path in scene.records
        ),
        *(
            address.format(scene.records["/bulk"])
            for address in (
                "/bulk/{}",
                "/bulk/{}?columns=number&columns=needs_approval&columns=input_reason",
                "/actions/bulk.start?run={}",
            )
            if "/bulk" in scene.records
        ),
        *(
            f"/actions/billing.close_grace_period?grace_period={scene.records[path]}"
            for path in scene.records
            if path == "/billing/grace-periods"
        ),
        *(f"/calls/{scene.records[path]}/transcript?q=xss" for path in scene.records if path == "/calls"),
    ]
