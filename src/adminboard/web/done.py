"""The toast after a redirect: ``?done=<audit id>`` shows what was just done, with its Undo.

The address carries only the id of an audit entry, so a bookmarked or forwarded one shows nothing: the
toast is for who made the change, and for a few minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from adminboard.core.action_runner import OPERATION
from adminboard.core.actor import Actor
from adminboard.core.approvals import REQUEST
from adminboard.core.audit_models import AuditEntry
from adminboard.core.standing import Standing, get_standing
from adminboard.core.work import moment
from adminboard.web.form_view import ToastView
from adminboard.web.list_view import HiddenView, LinkView

SHOWN_FOR = timedelta(minutes=5)


def waiting_toast(summary: str, approval_id: UUID) -> ToastView:
    """Something was asked for and waits for a second person."""
    link = LinkView("Show the request", f"/approvals?selected={approval_id}")
    return ToastView(title=summary, tone="info", link=link)


def find_done_toasts(
    session: Session, actor: Actor, audit_id: str | None, return_to: str
) -> Sequence[ToastView]:
    """The toast of one's own recent change, nothing for anything else. One query when an id is given, and one
    more for a change that is made outside.

    Its Undo comes back to ``return_to``.
    """
    if audit_id is None or actor.id is None:
        return ()
    try:
        wanted = UUID(audit_id)
    except ValueError:
        return ()
    undone = aliased(AuditEntry)
    row = session.execute(
        select(
            AuditEntry.action,
            AuditEntry.approval_id,
            AuditEntry.summary,
            AuditEntry.undo,
            undone.id.label("undone_by"),
            AuditEntry.after[OPERATION].astext.label("operation_id"),
        )
        .outerjoin(undone, undone.undoes == AuditEntry.id)
        .where(
            AuditEntry.id == wanted,
            AuditEntry.actor_id == actor.id,
            AuditEntry.at > moment(session) - SHOWN_FOR,
        )
    ).one_or_none()
    if row is None:
        return ()
    if row.action == REQUEST:
        return (waiting_toast(row.summary, row.approval_id),)
    standing = get_standing(session, UUID(row.operation_id)) if row.operation_id else None
    if standing is not None and standing.is_open:
        return (make_open_toast(row.summary, standing),)
    title = (standing.summary if standing else None) or row.summary
    can_undo = row.undo is not None and row.undone_by is None
    undo_url = f"/undo/{wanted}" if can_undo else None
    return (ToastView(title, undo_url=undo_url, undo_fields=(HiddenView("return_to", return_to),)),)


def make_open_toast(decided: str, standing: Standing) -> ToastView:
    """What was decided, and that nobody knows yet what comes of it."""
    link = LinkView("See how it stands", f"/system/operations?selected={standing.id}")
    return ToastView(decided, text=standing.sentence, tone="warning", link=link)
