"""Pages of the audit log that are more than a list: verification of the chain, history of a record."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.audit.checkpoint import CheckpointKeys, list_checkpoints
from adminboard.audit.listing import TABS
from adminboard.audit.queries import HISTORY_LIMIT, count_entries, history_of
from adminboard.audit.targets import WITH_HISTORY
from adminboard.audit.verify import Verification, verify_chain
from adminboard.core.errors import InvalidInput
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read, page_write
from adminboard.web.addresses import local_address
from adminboard.web.csrf import make_csrf_token
from adminboard.web.list_view import LinkView
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/audit/chain")
def show_chain(visit: Annotated[Visit, page_read(Permission.AUDIT_READ)]) -> Response:
    """What the chain and its checkpoints are, with the button to verify them."""
    return _render_chain(visit, None)


@pages.post("/audit/chain")
def verify_now(visit: Annotated[Visit, page_write(Permission.AUDIT_READ)]) -> Response:
    """Verifies the whole chain and shows what came of it. Changes nothing."""
    keys = CheckpointKeys(visit.board.runtime.settings.secret_keys)
    with visit.reading() as session:
        verification = verify_chain(session, keys)
    return _render_chain(visit, verification)


@pages.get("/audit/history")
def show_history(visit: Annotated[Visit, page_read(Permission.HISTORY_READ)]) -> Response:
    """The history of one record (``kind``, ``id``, optionally ``customer``), as a panel or a page."""
    kind, target_id = visit.parameter("kind"), visit.parameter("id")
    if kind is None or target_id is None:
        raise InvalidInput("Name the record: /audit/history?kind=user&id=…")
    if kind not in WITH_HISTORY:
        visit.actor.require(Permission.AUDIT_READ)
    items = history_of(visit.session, kind, target_id, customer_id=_read_customer(visit))
    template = "audit/history.html" if visit.target is None else "audit/history_items.html"
    return visit.render(
        template,
        items=[masked_for(visit.actor, item) for item in items],
        kind=kind,
        more=len(items) == HISTORY_LIMIT,
        actor=visit.actor,
        here=local_address(visit.parameter("return_to"), "/"),
        csrf_token=make_csrf_token(visit.board.runtime, visit.session_id),
    )


def _read_customer(visit: Visit) -> UUID | None:
    text = visit.parameter("customer")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput("The customer is named by an id.") from None


def _render_chain(visit: Visit, verification: Verification | None) -> Response:
    with visit.reading() as session:
        entries, checkpoints = count_entries(session), list_checkpoints(session)
    return visit.render(
        "audit/chain.html",
        entries=entries,
        checkpoints=checkpoints[::-1][:20],
        verification=verification,
        tabs=[LinkView(tab.label, tab.path, active=tab.path == "/audit/chain") for tab in TABS],
    )
