"""Comparing with Stripe through the API: one customer live, or what the last comparison found of all."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from adminboard.core.canonical import to_plain
from adminboard.core.commands import NO_REASON, REASON_PATTERN, STORABLE_PATTERN, Command, parse_command
from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.permissions import Permission
from adminboard.customers.lookup import CustomerIdentity, get_customer
from adminboard.reconciliation.actions import (
    FixDifferences,
    RunReconciliation,
    fix_differences,
    run_reconciliation,
)
from adminboard.reconciliation.customer_repair import FixCustomer, fix_customer
from adminboard.reconciliation.looking import Looked, compare_customer, look_at
from adminboard.reconciliation.models import DiscrepancyKind
from adminboard.reconciliation.queries import count_open, find_last_comparison, list_open
from adminboard.users.lookup import get_user
from adminboard.web.access import api_read, api_write
from adminboard.web.action_api import JsonBody, Terms, answer_change, answer_dry_run, read_acknowledged
from adminboard.web.api_docs import CHANGE_ANSWERS, ERRORS
from adminboard.web.visit import Visit

router = APIRouter(tags=["Reconciliation"])
PATH = "/billing/reconcile"
UserNamed = Annotated[str | None, Query(max_length=320, description="The customer that pays for this user")]
CustomerNamed = Annotated[str | None, Query(max_length=200, description="By id, slug or Stripe id")]
BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "fix": {"type": "boolean", "description": "Repair; else only compare"},
                        "user_id": {
                            "type": ["string", "null"],
                            "minLength": 1,
                            "description": "An id or e-mail address",
                        },
                        "customer": {
                            "type": ["string", "null"],
                            "minLength": 1,
                            "description": "By id, slug or Stripe id",
                        },
                        "reason": {"type": "string", "pattern": REASON_PATTERN},
                        "acknowledge": {
                            "type": "array",
                            "items": {"type": "string", "pattern": STORABLE_PATTERN},
                        },
                    },
                    "additionalProperties": False,
                    "anyOf": [
                        {"required": ["fix"], "properties": {"fix": {"const": True}}},
                        {"properties": {"user_id": {"type": "null"}, "customer": {"type": "null"}}},
                    ],
                    "example": {"customer": "blue-door-dental", "fix": True},
                }
            }
        }
    }
}


@router.get(
    PATH, summary="Compare a customer with Stripe, or see what the last comparison found", responses=ERRORS
)
def show(
    visit: Annotated[Visit, api_read(Permission.BILLING_READ)],
    user_id: UserNamed = None,
    customer: CustomerNamed = None,
) -> Response:
    """For one customer: what Stripe has of them now, compared live; nothing is changed. Without one: the open
    differences of the last finished comparison (the newest 200) and its time. A status that the board does
    not know counts as ``unpaid`` and is reported.
    """
    if not user_id and not customer:
        return JSONResponse(to_plain(_describe_last(visit.session)))
    found = _find_customer(visit.session, user_id, customer)
    visit.stop_reading()
    looked = look_at(visit.board.runtime, found.id)
    with visit.reading() as session:
        return JSONResponse(to_plain(_describe_customer(session, found, looked)))


@router.post(
    PATH, summary="Compare everybody with Stripe, or repair", responses=CHANGE_ANSWERS, openapi_extra=BODY
)
def change(
    visit: Annotated[Visit, api_write(Permission.RECONCILIATION_WRITE)],
    body: JsonBody,
    terms: Annotated[Terms, Depends()],
) -> Response:
    """With ``fix``: brings the customer into step with Stripe at once, or, without a customer, begins a run
    that repairs what the last comparison found. Without ``fix``: begins a new comparison.
    """
    data = dict(body)
    accepts_all = "acknowledge" not in data
    acknowledged = read_acknowledged(data.pop("acknowledge", []))
    with visit.reading() as session:
        action, command = _choose(session, data)
    if terms.dry_run:
        return answer_dry_run(visit, action, command)
    confirmation = terms.confirm(acknowledged, accepts_all=accepts_all)
    return answer_change(visit.board.runner.run(visit.actor, action, command, confirmation))


def _choose(session: Session, data: dict[str, Any]) -> tuple[Any, Command]:
    """Which change the body asks for. Raises `InvalidInput`, `CustomerUnknown`, `UserUnknown`."""
    fix, user_id, customer = data.pop("fix", False), data.pop("user_id", None), data.pop("customer", None)
    errors = [FieldError("fix", "Send true or false.")] if not isinstance(fix, bool) else []
    for name, value in (("user_id", user_id), ("customer", customer)):
        if value is not None and not isinstance(value, str):
            errors.append(FieldError(name, "This must be text."))
    is_of_one = user_id is not None or customer is not None
    if is_of_one and fix is False:
        errors.append(FieldError("fix", "Of one customer only a repair is asked for here; GET compares."))
    if errors:
        raise InvalidInput(f"{errors[0].field}: {errors[0].message}", errors=errors)
    given = {"reason": NO_REASON, **data}
    if is_of_one:
        found = _find_customer(session, user_id, customer)
        return fix_customer, parse_command(FixCustomer, {**given, "customer": str(found.id)})
    if fix:
        return fix_differences, parse_command(FixDifferences, given)
    return run_reconciliation, parse_command(RunReconciliation, given)


def _find_customer(session: Session, user_id: str | None, customer: str | None) -> CustomerIdentity:
    """Raises `CustomerUnknown`, `UserUnknown`; `InvalidInput` where the two name different customers."""
    if customer is None:
        return get_customer(session, get_user(session, user_id or "").organization_id)
    found = get_customer(session, customer)
    if user_id is not None and get_user(session, user_id).organization_id != found.id:
        sentence = "Another customer pays for this user. Name one of the two only."
        raise InvalidInput(sentence, errors=[FieldError("user_id", sentence)])
    return found


def _describe_customer(session: Session, customer: CustomerIdentity, looked: Looked) -> dict[str, Any]:
    differences = compare_customer(session, customer.id, looked)
    unknown = [one.stripe_value for one in differences if one.kind is DiscrepancyKind.UNKNOWN_STATUS]
    return {
        "customer": {"id": customer.id, "name": customer.name, "slug": customer.slug},
        "checked_at": looked.asked_at,
        "in_step": not differences,
        "subscriptions": [
            {"stripe_subscription_id": found.id, "status": found.status} for found in looked.subscriptions
        ],
        "differences": [one.to_data() for one in differences],
        "unknown_statuses": unknown,
    }


def _describe_last(session: Session) -> dict[str, Any]:
    last = find_last_comparison(session)
    return {
        "run": asdict(last) if last is not None else None,
        "finished_at": last.finished_at if last is not None else None,
        "count": count_open(session),
        "differences": [asdict(found) for found in list_open(session)],
    }
