"""What one user may use, and their overrides, through the API."""

from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from adminboard.core.canonical import to_plain
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.entitlements.access import get_access
from adminboard.entitlements.listing import overrides
from adminboard.users.lookup import get_user
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS, list_parameters, page_schema
from adminboard.web.list_api import answer_list
from adminboard.web.moments import read_moment
from adminboard.web.visit import Visit

router = APIRouter(tags=["Entitlements"])


@router.get("/users/{user}/access", summary="Explain what a user may use", responses=ERRORS)
def show_access(
    user: str,
    visit: Annotated[Visit, api_read(Permission.ENTITLEMENTS_READ)],
    at: Annotated[str | None, Query(max_length=40, description="A past moment to answer for")] = None,
    feature: Annotated[str | None, Query(max_length=100, description="The key of one feature only")] = None,
) -> Response:
    """``user`` is an id or an e-mail address. Each feature has the answer, the rule that decided, each step
    with what it found, and until when that holds. What is not recorded of a past moment is null.
    """
    moment = read_moment(at, ZoneInfo(visit.actor.time_zone)) if at else None
    access = masked_for(visit.actor, get_access(visit.session, user, moment))
    answer: dict[str, Any] = to_plain(asdict(access))
    if feature is not None:
        answer["features"] = [to_plain(asdict(access.get_feature(feature)))]
    return JSONResponse(answer)


@router.get(
    "/users/{user}/overrides",
    summary="List a user's overrides",
    responses={200: page_schema(overrides), **ERRORS},
    openapi_extra={"parameters": [item for item in list_parameters(overrides) if item["name"] != "user"]},
)
def list_overrides(
    user: str,
    visit: Annotated[Visit, api_read(Permission.ENTITLEMENTS_READ)],
    accept: Annotated[str, Header(include_in_schema=False)] = "application/json",
) -> Response:
    owner = get_user(visit.session, user)
    return answer_list(visit, overrides, {**visit.parameters, "user": [str(owner.id)]}, accept)
