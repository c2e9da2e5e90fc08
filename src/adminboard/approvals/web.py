"""The part of a request's panel that shows what it would do as things are now."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.approvals.detail import has_moved
from adminboard.approvals.queries import get_approval, status_of
from adminboard.approvals.standing import RequestVoid, get_standing
from adminboard.core.models import ApprovalStatus
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.action_view import make_change_view
from adminboard.web.formatting import displaying
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/approvals/{approval_id}/now")
def show_now(approval_id: UUID, visit: Annotated[Visit, page_read(Permission.APPROVALS_READ)]) -> Response:
    """What approving would do now, or why it no longer can; a fragment, or a page without JavaScript."""
    approval = get_approval(visit.session, approval_id)
    is_waiting = status_of(approval, visit.session) is ApprovalStatus.WAITING
    is_own = approval.requested_by_id == visit.actor.person_id
    template = "approvals/now_page.html" if visit.target is None else "approvals/now.html"
    try:
        preview = get_standing(visit.session, visit.board.runner.actions, approval).preview
    except RequestVoid as problem:
        can_mark = visit.actor.may(Permission.APPROVALS_DECIDE) and not is_own
        return visit.render(
            template, void=problem.detail, changes=[], moved=False, is_waiting=is_waiting, can_mark=can_mark
        )
    with displaying(visit.actor.time_zone, visit.now):
        changes = [make_change_view(change) for change in preview.changes]
    moved = has_moved(approval, preview)
    return visit.render(template, void=None, changes=changes, moved=moved, is_waiting=is_waiting)
