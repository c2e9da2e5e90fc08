"""Bringing promotion codes into step with Stripe, page by page: there can be many thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.stripe_access import stripe_of
from adminboard.core import runs
from adminboard.core.action_runner import ActionRunner
from adminboard.core.models import Run
from adminboard.core.runs import RunKind, Step
from adminboard.core.work import Work
from adminboard.jobs import wake_runs
from adminboard.promotions.mirror import mirror_promotion_code
from adminboard.promotions.models import PromotionCode
from adminboard.reconciliation.fixing import ASKING_TAKES
from adminboard.reconciliation.queries import find_unsettled
from adminboard.runtime import Runtime
from adminboard.stripe import objects

SYNC_KIND = "promotion_codes.sync"


def open_promotion_sync(work: Work) -> Run | None:
    """A run in the name of who acts; None while one is under way."""
    if find_unsettled(work.session, SYNC_KIND) is not None:
        return None
    run = runs.open_run(work, SYNC, "Promotion codes from Stripe", action="plans.sync")
    work.session.flush()
    wake_runs(work)
    return run


def ask_next(runtime: Runtime, run: Run) -> Step:
    """The next page of codes, and for each text that several codes have, which of them Stripe takes."""
    catalogue = stripe_of(runtime).catalogue
    page = catalogue.promotion_codes_page(after=(run.cursor or {}).get("after"))
    with runtime.reading() as session:
        unclear = _find_unclear(session, page.items)
    chosen = {code: catalogue.find_promotion_code(code) for code in sorted(unclear)}
    return partial(keep_page, page, {code: found for code, found in chosen.items() if found is not None})


def keep_page(
    page: objects.Page[objects.PromotionCode],
    chosen: Mapping[str, objects.PromotionCode],
    work: Work,
    run: Run,
    _: ActionRunner,
) -> bool:
    """Writes the codes of one page, in the order of their texts, which is that of their locks."""
    by_text = {found.code: chosen.get(found.code, found) for found in page.items}
    changed = 0
    for code in sorted(by_text):
        row = mirror_promotion_code(work, by_text[code], is_the_one=code in chosen)
        changed += row is not None
    run.rows_done += changed
    run.rows_checked += len(page.items)
    run.rows_total = run.rows_checked
    run.cursor = {"after": page.after}
    run.outcome = {"codes": run.rows_checked, "changed": run.rows_done}
    return page.after is not None


def _find_unclear(session: Session, page: Sequence[objects.PromotionCode]) -> set[str]:
    """Texts that stand for more than one code: twice on the page, or here for another than there."""
    texts = Counter(found.code for found in page)
    ids = {found.code: found.id for found in page}
    rows = session.execute(
        select(PromotionCode.code, PromotionCode.stripe_promotion_id).where(
            PromotionCode.code.in_(texts.keys()), PromotionCode.stripe_promotion_id.is_not(None)
        )
    )
    return {code for code, count in texts.items() if count > 1} | {
        row.code for row in rows if ids[row.code] != row.stripe_promotion_id
    }


SYNC = RunKind(SYNC_KIND, ask=ask_next, lease=ASKING_TAKES)
