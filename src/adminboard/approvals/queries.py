"""Reading requests: which there are, whose they are, and what is true of them now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.core.actor import Actor
from adminboard.core.errors import NotFound
from adminboard.core.listings import NOW, Option
from adminboard.core.listings.words import MAX_WORDS
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.permissions import ROLE_PERMISSIONS, Permission, Role
from adminboard.core.work import moment, reader


class ApprovalUnknown(NotFound):
    """There is no such request, or it is somebody else's and the reader may not see it."""

    title = "No such request"


def get_approval(session: Session, approval_id: UUID) -> Approval:
    """The request as stored now. Raises `ApprovalUnknown`, also for those that the reader may not see."""
    approval = session.get(Approval, approval_id, populate_existing=True)
    actor = reader(session)
    sees_all = actor.may(Permission.APPROVALS_DECIDE)
    if approval is None or not (sees_all or approval.requested_by_id == actor.person_id):
        raise ApprovalUnknown("There is no such request for approval.")
    return approval


def visible_to(actor: Actor) -> ColumnElement[bool] | None:
    """Whose requests the actor sees: everybody's for those who decide (None), else only their own."""
    if actor.may(Permission.APPROVALS_DECIDE):
        return None
    return Approval.requested_by_id == actor.person_id


def is_waiting() -> ColumnElement[bool]:
    """Whether a request can still be decided. Wants `NOW`: one past its time has expired at once."""
    return and_(Approval.status == ApprovalStatus.WAITING, Approval.expires_at > NOW)


def _is_over() -> ColumnElement[bool]:
    return and_(Approval.status == ApprovalStatus.WAITING, Approval.expires_at <= NOW)


def status_now() -> ColumnElement[Any]:
    """A request's status; one that waited too long has expired, whether a job has said so yet or not."""
    return case((_is_over(), ApprovalStatus.EXPIRED.value), else_=cast(Approval.status, String))


def has_status(words: Sequence[str]) -> ColumnElement[bool]:
    """Whether the status now is one of these words, spelled so that the indexes over statuses serve."""
    settled = [word for word in words if word != ApprovalStatus.WAITING]
    clauses: list[ColumnElement[bool]] = [Approval.status.in_(settled)] if settled else []
    if ApprovalStatus.WAITING in words:
        clauses.append(is_waiting())
    if ApprovalStatus.EXPIRED in words:
        clauses.append(_is_over())
    return or_(*clauses)


_DECIDING = [
    role for role, permissions in ROLE_PERMISSIONS.items() if Permission.APPROVALS_DECIDE in permissions
]


def status_of(approval: Approval, session: Session) -> ApprovalStatus:
    """The same of one that was loaded."""
    is_over = approval.status is ApprovalStatus.WAITING and approval.expires_at <= moment(session)
    return ApprovalStatus.EXPIRED if is_over else approval.status


def count_waiting(reader_id: SQLColumnExpression[UUID], role: SQLColumnExpression[Role]) -> Select[int]:
    """How many requests wait that the reader may see, for the sidebar of every page: one small index. As
    `visible_to`, for a reader that the statement itself finds. Wants `NOW`."""
    is_seen = or_(role.in_(_DECIDING), Approval.requested_by_id == reader_id)
    return select(func.count()).select_from(Approval).where(is_waiting(), is_seen)


def words_seen(
    column: InstrumentedAttribute[str], describe: Callable[[str], str] = str
) -> Callable[[Session], Sequence[Option]]:
    """The values of a column in the requests that the reader may see, as the options of a `Choice`.
    ``describe`` gives the label of each."""

    def load(session: Session) -> Sequence[Option]:
        words = select(column).distinct().order_by(column).limit(MAX_WORDS)
        visible = visible_to(reader(session))
        found = session.scalars(words if visible is None else words.where(visible))
        return [Option(word, describe(word)) for word in found]

    return load
