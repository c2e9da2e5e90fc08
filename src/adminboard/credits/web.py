"""The credits page: find a user, see what they have, go through their ledger, prove it."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from adminboard.core.masking import masked_for
from adminboard.core.money import in_dollars
from adminboard.core.permissions import Permission
from adminboard.credits.accounts import UserCredits, get_user_credits
from adminboard.credits.listing import TABS, transactions
from adminboard.credits.proof_page import make_proof_view
from adminboard.credits.queries import find_users_with_balance
from adminboard.users.finder import Finder, make_finder, remember_user
from adminboard.users.finding import FoundUser
from adminboard.web.access import page_read
from adminboard.web.addresses import address, without
from adminboard.web.list_page import make_detail, make_list_view
from adminboard.web.list_view import LinkView
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/credits")
def show_credits(visit: Annotated[Visit, page_read(Permission.CREDITS_READ)]) -> Response:
    """The page, or the part of it that is asked for: who was found, the panel, the list, one entry."""
    if visit.target == "found":
        return visit.render("users/found.html", finder=_make_finder(visit))
    if visit.target == "detail":
        return visit.render("ui/detail_fragment.html", detail=make_detail(visit, transactions))
    if visit.target == "list":
        return visit.render("ui/list_body.html", list=make_list_view(visit, transactions))
    account = _load_credits(visit)
    if visit.target == "panel":
        return visit.render("credits/panel.html", **_panel(visit, account))
    page = visit.render("credits/page.html", **_panel(visit, account), **_page(visit, account))
    return remember_user(visit, page, account.user_id) if account is not None else page


def _load_credits(visit: Visit) -> UserCredits | None:
    reference = visit.parameter("user")
    if reference is None:
        return None
    return masked_for(visit.actor, get_user_credits(visit.session, reference))


def _panel(visit: Visit, account: UserCredits | None) -> dict[str, Any]:
    here = address("/credits", without(visit.parameters, "done", "find"))
    return {"account": account, "actor": visit.actor, "here": here}


def _page(visit: Visit, account: UserCredits | None) -> dict[str, Any]:
    """The rest of the page: its tabs, the finder, and either the list with its detail or the proof."""
    proving = account is not None and visit.parameter("tab") == "proof"
    return {
        "tabs": _tabs(account, proving=proving),
        "finder": _make_finder(visit),
        "proof": make_proof_view(visit, account) if account is not None and proving else None,
        "list": None if proving else make_list_view(visit, transactions),
        "detail": None if proving else make_detail(visit, transactions),
    }


def _tabs(account: UserCredits | None, *, proving: bool) -> list[LinkView]:
    """The tabs of all credits; a chosen user stays chosen, and can be proved."""
    user = f"?user={account.user_id}" if account else ""
    ledger = LinkView("Transactions", f"/credits{user}", not proving)
    proof = [LinkView("Proof", f"/credits{user}&tab=proof", proving)] if account else []
    others = [LinkView(tab.label, tab.path) for tab in TABS if tab.path != "/credits"]
    return [ledger, *proof, *others]


def _make_finder(visit: Visit) -> Finder:
    return make_finder(visit, "/credits", _find, keep=("user", "tab"))


def _find(session: Session, term: str) -> list[tuple[FoundUser, str]]:
    return [(user, in_dollars(total)) for user, total in find_users_with_balance(session, term)]
