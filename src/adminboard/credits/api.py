"""The credits of one user through the API: balance, ledger, proof."""

from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from adminboard.core.canonical import to_plain
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.credits.accounts import get_user_credits
from adminboard.credits.listing import transactions
from adminboard.credits.proof import PROOF_PAGE, list_proof
from adminboard.credits.queries import get_balance_at
from adminboard.users.lookup import get_user
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS, list_parameters, page_schema
from adminboard.web.list_api import answer_list
from adminboard.web.moments import read_moment
from adminboard.web.visit import Visit

router = APIRouter(tags=["Credits"])
MAX_PROOF_PAGE = 200


@router.get("/users/{user}/credits", summary="Get a user's balance and open grants", responses=ERRORS)
def show_credits(user: str, visit: Annotated[Visit, api_read(Permission.CREDITS_READ)]) -> Response:
    """``user`` is an id or an e-mail address. Open grants come in the order in which they will be spent."""
    return JSONResponse(_plain(masked_for(visit.actor, get_user_credits(visit.session, user))))


@router.get(
    "/users/{user}/credit-transactions",
    summary="List a user's credit transactions",
    responses={200: page_schema(transactions), **ERRORS},
    openapi_extra={"parameters": [item for item in list_parameters(transactions) if item["name"] != "user"]},
)
def list_transactions(
    user: str,
    visit: Annotated[Visit, api_read(Permission.CREDITS_READ)],
    accept: Annotated[str, Header(include_in_schema=False)] = "application/json",
) -> Response:
    owner = get_user(visit.session, user)
    return answer_list(visit, transactions, {**visit.parameters, "user": [str(owner.id)]}, accept)


@router.get("/users/{user}/credit-proof", summary="Prove a user's balance", responses=ERRORS)
def prove(
    user: str,
    visit: Annotated[Visit, api_read(Permission.CREDITS_READ)],
    at: Annotated[str | None, Query(max_length=40, description="A moment to give the balance of")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only entries before this")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PROOF_PAGE)] = PROOF_PAGE,
) -> Response:
    """Each entry, newest first, with the grants that paid it and the debits it paid, and what expires when.

    ``next_before`` is the ``before`` of the next page, null on the last.
    """
    account = masked_for(visit.actor, get_user_credits(visit.session, user))
    moment = read_moment(at, ZoneInfo(visit.actor.time_zone)) if at else None
    past = get_balance_at(visit.session, account.user_id, moment) if moment else None
    entries = list_proof(visit.session, account.user_id, before_sequence=before, limit=limit + 1)
    more = len(entries) > limit
    return JSONResponse(
        {
            "credits": _plain(account),
            "balance_at": _plain(past) if past else None,
            "entries": [_plain(entry) for entry in entries[:limit]],
            "next_before": entries[limit - 1].sequence if more else None,
        }
    )


def _plain(record: Any) -> Any:
    return to_plain(asdict(record))
