"""What the company sells: plans with their features, and promotion codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from adminboard.billing.models import BillingInterval
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted

FEATURES = (
    ("ai_answering", "AI call answering", "Calls", True, "Answers every call with the business's own agent"),
    ("call_forwarding", "Call forwarding", "Calls", True, "Puts calls through to a person"),
    ("voicemail", "Voicemail to text", "Calls", False, "Writes down what callers leave"),
    ("call_recording", "Call recording", "Calls", False, "Keeps the sound of each call for 90 days"),
    ("call_transcripts", "Transcripts", "Calls", False, "The whole conversation as text, searchable"),
    ("spam_filter", "Spam filter", "Calls", False, "Turns away known robocallers"),
    ("appointment_booking", "Appointment booking", "Scheduling", True, "Books into the business's calendar"),
    ("calendar_sync", "Calendar sync", "Scheduling", False, "Two-way with Google and Microsoft calendars"),
    ("reminders", "Text reminders", "Scheduling", False, "A message the day before an appointment"),
    ("custom_greeting", "Custom greeting", "Agents", False, "A greeting in the business's own words"),
    ("custom_voice", "Custom voice", "Agents", False, "A voice made for the brand"),
    ("multiple_languages", "Several languages", "Agents", False, "Answers in the caller's language"),
    ("multiple_agents", "Several agents", "Agents", False, "An agent for each department"),
    ("analytics", "Analytics", "Insight", False, "Call volumes, outcomes and reasons"),
    ("crm_integration", "CRM integration", "Insight", False, "Hands calls to HubSpot, Salesforce or Zoho"),
    ("api_access", "API and webhooks", "Insight", False, "For programs of the customer's own"),
    ("team_members", "Team members", "Account", True, "More than one person in the account"),
    ("sso", "Single sign-on", "Account", False, "SAML and OpenID Connect"),
    ("priority_support", "Priority support", "Account", False, "An answer within two hours"),
    ("hipaa", "HIPAA agreement", "Account", True, "For those who handle health records"),
)
"""Key, name, category, whether it is critical, description. Plans include them from the start of the list
of `PLAN_ORDER`."""

PLAN_ORDER = (
    "ai_answering", "voicemail", "call_transcripts", "custom_greeting", "appointment_booking",
    "spam_filter", "call_forwarding", "calendar_sync", "call_recording", "reminders", "team_members",
    "analytics", "multiple_languages", "crm_integration", "multiple_agents", "priority_support",
    "api_access", "custom_voice", "sso", "hipaa",
)  # fmt: skip
"""From the plainest plan's to the largest's."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A plan as it is sold. ``weight`` is how often customers have it."""

    slug: str
    name: str
    amount_cents: int
    included_minutes: int
    monthly_credits: Decimal
    feature_count: int
    weight: float
    currency: str = "usd"
    interval: BillingInterval = BillingInterval.MONTH
    is_active: bool = True


MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
TARIFFS = (
    Tariff("starter", "Starter", 2900, 30, Decimal("10.00"), 6, 34),
    Tariff("growth", "Growth", 7900, 90, Decimal("30.00"), 10, 24),
    Tariff("professional", "Professional", 14900, 200, Decimal("60.00"), 14, 13),
    Tariff("scale", "Scale", 39900, 600, Decimal("150.00"), 17, 5),
    Tariff("enterprise", "Enterprise", 99900, 2000, Decimal("400.00"), 20, 1.5),
    Tariff("starter-yearly", "Starter (yearly)", 29000, 360, Decimal("10.00"), 6, 6, interval=YEAR),
    Tariff("growth-yearly", "Growth (yearly)", 79000, 1080, Decimal("30.00"), 10, 5, interval=YEAR),
    Tariff(
        "professional-yearly", "Professional (yearly)", 149000, 2400, Decimal("60.00"), 14, 3, "usd", YEAR
    ),
    Tariff("growth-eur", "Growth (EUR)", 7500, 90, Decimal("30.00"), 10, 3, currency="eur"),
    Tariff("professional-gbp", "Professional (GBP)", 11900, 200, Decimal("60.00"), 14, 2, currency="gbp"),
    Tariff("basic-2023", "Basic 2023", 1900, 20, Decimal("5.00"), 5, 3.5, is_active=False),
)
TRIAL_TARIFF = Tariff("trial", "Trial", 0, 15, Decimal("10.00"), 10, 0)

PROMOTION_CODES = (
    "WELCOME20", "SPRING25", "SUMMER15", "FALLBACK10", "BLACKFRIDAY40", "CYBER30", "NEWYEAR26", "PARTNER50",
    "YELP15", "PODCAST20", "CHAMBER10", "DENTAL25", "SALONLOVE", "HVACPRO20", "LEGALEAGLE15", "COMEBACK30",
    "REFERAFRIEND", "STARTUP100", "NONPROFIT50", "VETERAN25", "BETA2023", "GOODWILL10", "CONF-AUSTIN",
    "CONF-BERLIN", "TRYGROWTH", "UPGRADE20", "YEARLY2FREE", "PLUMBERS15", "OPENHOUSE", "FRÜHLING20",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SoldPlan:
    id: UUID
    stripe_price_id: str
    tariff: Tariff


@dataclass(frozen=True)
class Catalogue:
    """The same in every process that makes rows of one seed."""

    opened_at: datetime
    trial: SoldPlan
    plans: tuple[SoldPlan, ...]
    features: dict[str, UUID]
    promotion_codes: dict[str, UUID]

    @cached_property
    def sold(self) -> Weighted[SoldPlan]:
        return Weighted({plan: plan.tariff.weight for plan in self.plans})

    def get_plan(self, slug: str) -> SoldPlan:
        return next(plan for plan in self.plans if plan.tariff.slug == slug)


def make_catalogue(seed: int, as_of: datetime) -> Catalogue:
    draw = Draw(seed, "catalogue")

    def sell(tariff: Tariff) -> SoldPlan:
        return SoldPlan(draw.new_id(), f"price_1{draw.token(23)}", tariff)

    return Catalogue(
        opened_at=as_of - timedelta(days=1_200),
        trial=sell(TRIAL_TARIFF),
        plans=tuple(map(sell, TARIFFS)),
        features={feature[0]: draw.new_id() for feature in FEATURES},
        promotion_codes={code: draw.new_id() for code in PROMOTION_CODES},
    )


def add_catalogue(rows: RowBuffer, catalogue: Catalogue, seed: int) -> None:
    """Plans, features, which plan includes which, and promotion codes."""
    draw = Draw(seed, "catalogue rows")
    opened = catalogue.opened_at
    for plan in (catalogue.trial, *catalogue.plans):
        add_plan(rows, plan, f"prod_{draw.token(14)}", opened)
        for key in PLAN_ORDER[: plan.tariff.feature_count]:
            rows.add(
                "plan_features",
                id=draw.new_id(),
                plan_id=plan.id,
                feature_id=catalogue.features[key],
                created_at=opened,
                updated_at=opened,
            )
    for key, name, category, is_critical, description in FEATURES:
        rows.add(
            "features",
            id=catalogue.features[key],
            feature_key=key,
            name=name,
            description=description,
            category=category,
            is_critical=is_critical,
            created_at=opened,
            updated_at=opened,
        )
    for code, code_id in catalogue.promotion_codes.items():
        created_at = draw.between(opened, opened + timedelta(days=1_100))
        rows.add(
            "promotion_codes",
            id=code_id,
            code=code,
            stripe_promotion_id=f"promo_1{draw.token(23)}",
            created_at=created_at,
            updated_at=created_at,
        )


def add_plan(rows: RowBuffer, plan: SoldPlan, stripe_product_id: str, created_at: datetime) -> None:
    tariff = plan.tariff
    rows.add(
        "plans",
        id=plan.id,
        name=tariff.name,
        slug=tariff.slug,
        stripe_product_id=stripe_product_id,
        stripe_price_id=plan.stripe_price_id,
        amount_cents=tariff.amount_cents,
        currency=tariff.currency,
        interval=tariff.interval,
        included_minutes=tariff.included_minutes,
        monthly_credits=tariff.monthly_credits,
        is_active=tariff.is_active,
        created_at=created_at,
        updated_at=created_at,
    )
