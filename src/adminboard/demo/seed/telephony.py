"""Businesses with their hours and services, and the agents that answer for them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted
from adminboard.demo.seed.industries import INDUSTRIES, Industry
from adminboard.demo.seed.people import SeedUser
from adminboard.demo.seed.places import City, draw_address, draw_local_phone
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.pools import draw_american_name
from adminboard.users.models import OnboardingStatus

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = (("08:00", "17:00"), ("09:00", "17:00"), ("09:00", "18:00"), ("10:00", "19:00"), ("07:00", "15:30"))
LANGUAGES = Weighted({"en-US": 89, "es-US": 7, "de-DE": 2, "ar-SA": 1, "ja-JP": 1})
AGENT_NAMES = (
    "Ava", "Max", "Grace", "Leo", "Nora", "Riley", "Front desk", "After hours", "Reception", "Sofía",
    "Booking line",
)  # fmt: skip
TONES = ("friendly", "professional", "calm", "cheerful", "formal")
VOICES = ("alloy", "ember", "juniper", "sage", "verse", "marin")
GREETINGS = {
    "en-US": ("Thank you for calling {business}, this is {agent}. How can I help you?",
              "Hi, you have reached {business}. What can I do for you today?",
              "{business}, {agent} speaking. How may I help?"),
    "es-US": ("Gracias por llamar a {business}, le habla {agent}. ¿En qué puedo ayudarle?",),
    "de-DE": ("{business}, mein Name ist {agent}. Was kann ich für Sie tun?",),
    "ar-SA": ("شكرا لاتصالكم بـ {business}. كيف يمكنني مساعدتكم؟",),
    "ja-JP": ("お電話ありがとうございます、{business}でございます。",),
}  # fmt: skip


@dataclass(slots=True)
class SeedBusiness:
    id: UUID
    name: str
    owner: SeedUser
    industry: Industry
    city: City
    phone: str
    created_at: datetime
    language: str = "en-US"
    greeting: str = ""
    weight: float = 0.0
    """How many calls it gets, in proportion to others; nothing for those that get none."""
    regulars: list[tuple[str, str]] = field(default_factory=list)
    """Numbers and names of people who call again and again."""


def make_businesses(draw: Draw, plan: SeedPlan, users: list[SeedUser], count: int) -> list[SeedBusiness]:
    """So many businesses; people who began with the set-up come first, and some have several."""
    able = [user for user in users if user.onboarding is not OnboardingStatus.NOT_STARTED] or users
    owners = draw.sample(able, min(len(able), max(count * 9 // 10, 1)))[:count]
    owners += [draw.one_of(owners) for _ in range(count - len(owners))]
    return [_make_business(draw, plan, owner) for owner in owners]


def _make_business(draw: Draw, plan: SeedPlan, owner: SeedUser) -> SeedBusiness:
    industry = INDUSTRIES.pick(draw)
    city = owner.organization.city
    first, last = draw_american_name(draw)
    if draw.happens(0.6):
        first, last = owner.name.first, owner.name.last
    created_at = min(owner.created_at + draw.minutes(3, 4_000), plan.as_of)
    days = (plan.as_of - created_at) / timedelta(days=1)
    return SeedBusiness(
        id=draw.new_id(),
        name=draw.one_of(industry.business_names).format(first=first, last=last, city=city.name),
        owner=owner,
        industry=industry,
        city=city,
        phone=draw_local_phone(draw, city),
        created_at=created_at,
        language=LANGUAGES.pick(draw),
        weight=0.0
        if days < 1 or draw.happens(0.1)
        else min(draw.paretovariate(0.9), 400.0) * min(days / 90, 1),
    )


def add_businesses(rows: RowBuffer, draw: Draw, plan: SeedPlan, businesses: list[SeedBusiness]) -> None:
    """Their rows and those of their agents. The agent decides language and greeting of the calls."""
    for business in businesses:
        closed = ("saturday", "sunday") if draw.happens(0.6) else ("sunday",)
        domain = "".join(letter for letter in business.name.lower() if letter.isascii() and letter.isalnum())
        rows.add(
            "businesses",
            id=business.id,
            owner_id=business.owner.id,
            name=business.name,
            industry=None if draw.happens(0.02) else business.industry.name,
            website=f"https://{domain or 'shop'}.example.com" if draw.happens(0.8) else None,
            address=draw_address(draw, business.city) if draw.happens(0.93) else None,
            timezone=business.city.time_zone,
            primary_phone=business.phone if draw.happens(0.97) else None,
            operating_hours=_hours(draw, closed),
            core_services=draw.sample(business.industry.services, draw.randint(1, 4)),
            created_at=business.created_at,
            updated_at=draw.between(business.created_at, plan.as_of),
        )
        _add_agents(rows, draw, plan, business)


def _hours(draw: Draw, closed: tuple[str, ...]) -> dict[str, Any]:
    opens, closes = draw.one_of(HOURS)
    return {
        day: {"open": None, "close": None, "closed": True}
        if day in closed
        else {"open": opens, "close": closes, "closed": False}
        for day in WEEKDAYS
    }


def _add_agents(rows: RowBuffer, draw: Draw, plan: SeedPlan, business: SeedBusiness) -> None:
    count = 0 if not business.weight and draw.happens(0.5) else 1 + draw.happens(0.15)
    for index in range(count):
        name = draw.one_of(AGENT_NAMES)
        language = business.language if index == 0 else "en-US"
        greeting = draw.one_of(GREETINGS[language]).format(business=business.name, agent=name)
        if index == 0:
            business.greeting = greeting
        is_forwarding = draw.happens(0.4)
        created_at = min(business.created_at + timedelta(minutes=3 + index), plan.as_of)
        rows.add(
            "ai_agents",
            id=draw.new_id(),
            business_id=business.id,
            name=name,
            tone=draw.one_of(TONES),
            greeting_message=greeting if draw.happens(0.95) else None,
            voice=draw.one_of(VOICES),
            language=language,
            forwarding_enabled=is_forwarding,
            forwarding_number=draw_local_phone(draw, business.city) if is_forwarding else None,
            is_active=index > 0 or not draw.happens(0.07),
            created_at=created_at,
            updated_at=draw.between(created_at, plan.as_of),
        )
