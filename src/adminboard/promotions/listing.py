"""The list of promotion codes."""

from sqlalchemy import String, func

from adminboard.core.listings import (
    BuiltInView,
    Column,
    Contains,
    DateRange,
    Detail,
    ExactText,
    Flag,
    IdPrefix,
    Listing,
    Noun,
    Search,
    Sort,
    Tab,
)
from adminboard.core.listings.columns import Expression
from adminboard.core.permissions import Permission
from adminboard.promotions.models import PromotionCode, PromotionFigures
from adminboard.promotions.queries import codes_with_figures, get_code_id, get_promotion_detail

TABS = (Tab("Codes", "/promotions"), Tab("Usage history", "/promotions/usages"))


def _by_figure(figure: Expression, *, nulls_are_least: bool = True) -> Sort:
    return Sort(
        figure, tiebreak=PromotionFigures.promotion_code_id, nullable=True, nulls_are_least=nulls_are_least
    )


promotion_codes = Listing(
    name="promotions",
    title="Promotions",
    noun=Noun("promotion code", "promotion codes"),
    path="/promotions",
    permission=Permission.BILLING_READ,
    select=codes_with_figures(),
    key=PromotionCode.id,
    columns=[
        Column(
            "Code", PromotionCode.code, sort=Sort(func.lower(PromotionCode.code, type_=String)), priority=1
        ),
        Column("Stripe id", PromotionCode.stripe_promotion_id, key="stripe_promotion_id", cell="id"),
        Column(
            "Users",
            func.coalesce(PromotionFigures.users, 0),
            cell="number",
            align="end",
            sort=_by_figure(PromotionFigures.users),
            priority=1,
        ),
        Column(
            "Uses",
            func.coalesce(PromotionFigures.uses, 0),
            cell="number",
            align="end",
            sort=_by_figure(PromotionFigures.uses),
            priority=1,
        ),
        Column(
            "Last used",
            PromotionFigures.last_used_at,
            key="last_used_at",
            cell="datetime",
            sort=_by_figure(PromotionFigures.last_used_at, nulls_are_least=False),
            priority=1,
        ),
        Column("Created", PromotionCode.created_at, key="created_at", cell="datetime", sort=True),
    ],
    search=Search(
        sources=(
            Contains((PromotionCode.code,)),
            ExactText(PromotionCode.stripe_promotion_id),
            IdPrefix(PromotionCode.id),
        ),
        placeholder="Code, Stripe id or id",
    ),
    filters=[
        DateRange("created", "Created", PromotionCode.created_at),
        DateRange("used", "Last used", PromotionFigures.last_used_at),
        Flag(
            "applied",
            "Users",
            PromotionFigures.users > 0,
            func.coalesce(PromotionFigures.users, 0) == 0,
            yes_label="some",
            no_label="none",
        ),
    ],
    sort="-created_at",
    detail=Detail(
        get_promotion_detail,
        "promotions/detail.html",
        find_id=get_code_id,
        title=lambda record: str(record.code),
    ),
    empty="Promotion codes appear here as soon as one exists in Stripe and the product has taken it over.",
    views=[BuiltInView("Most used", "sort=-uses"), BuiltInView("Lately used", "sort=-last_used_at")],
    tabs=TABS,
)
