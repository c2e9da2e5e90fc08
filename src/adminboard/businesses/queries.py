"""What the board knows of a business: the row with its owner, for the list, and everything for the panel."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, Uuid, bindparam, case, func, select
from sqlalchemy.orm import Session

from adminboard.agents.models import AiAgent
from adminboard.businesses.hours import DayHours, is_open_at, read_hours
from adminboard.businesses.models import Business, BusinessFigures
from adminboard.businesses.statistics import CallStatistics, get_call_statistics
from adminboard.calls.models import CallLog
from adminboard.core.errors import NotFound
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.core.work import moment
from adminboard.users.models import User

SHOWN_AGENTS = 10
_BUSINESS = bindparam("business", type_=Uuid)
IS_ACTIVE: ColumnElement[bool] = BusinessFigures.business_id.is_not(None)
"""A business is active while it has calls in 30 days (screens: "Businesses"): only then it has figures."""


class BusinessUnknown(NotFound):
    """No business has this id."""

    title = "No such business"


def businesses_with_owner() -> AnySelect:
    """Businesses with the user who owns them and their call figures."""
    return (
        select(Business)
        .outerjoin(User, User.id == Business.owner_id)
        .outerjoin(BusinessFigures, BusinessFigures.business_id == Business.id)
    )


def business_status() -> ColumnElement[str]:
    """The word for whether the business has calls."""
    return case((IS_ACTIVE, "active"), else_="no_calls")


def lower_name() -> ColumnElement[str]:
    """The name as lists sort by it, as its index spells it."""
    return func.lower(Business.name, type_=String)


@dataclass(frozen=True, slots=True)
class BusinessAgent:
    id: UUID
    name: str
    language: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class BusinessDetail:
    """Everything the panel beside the list shows.

    ``local_time`` is the time of day there and ``is_open`` whether it is open now, both None where the
    product's time zone, or its hours, do not tell.
    """

    id: UUID
    name: str
    owner_id: UUID
    owner_email: str = field(metadata={"mask": Mask.EMAIL})
    owner_name: str | None
    industry: str | None
    website: str | None
    address: str | None
    timezone: str
    primary_phone: str | None = field(metadata={"mask": Mask.PHONE})
    created_at: datetime
    updated_at: datetime
    calls_30d: int
    operating_hours: tuple[DayHours, ...]
    weekday: str | None
    local_time: str | None
    is_open: bool | None
    core_services: tuple[str, ...]
    agents: tuple[BusinessAgent, ...]
    agent_count: int
    statistics: CallStatistics
    last_call_id: UUID | None
    last_call_at: datetime | None

    @property
    def website_url(self) -> str | None:
        """The website where it is an address to follow, not some other text."""
        website = (self.website or "").strip()
        return website if website.lower().startswith(("https://", "http://")) else None


def get_business_detail(session: Session, business_id: UUID) -> BusinessDetail:
    """The panel of one business: five queries. Raises `BusinessUnknown`."""
    row = session.execute(_make_facts(), {"business": business_id}).one_or_none()
    if row is None:
        raise BusinessUnknown(f"There is no business {business_id}.")
    facts = dict(row._mapping)
    hours = read_hours(facts.pop("operating_hours"))
    local = _local(moment(session), row.timezone)
    agents, agent_count = _agents(session, business_id)
    last_call = _find_last_call(session, business_id)
    return BusinessDetail(
        **facts | {"core_services": read_services(row.core_services)},
        operating_hours=hours,
        weekday=hours[local.weekday()].day if local else None,
        local_time=f"{local:%a %H:%M} {local.tzname()}" if local else None,
        is_open=is_open_at(hours, local) if local else None,
        agents=agents,
        agent_count=agent_count,
        statistics=get_call_statistics(session, business_id),
        last_call_id=last_call.id if last_call else None,
        last_call_at=last_call.started_at if last_call else None,
    )


def read_services(written: Any) -> tuple[str, ...]:
    """The names of the services from whatever stands in `core_services`. Never raises."""
    if not isinstance(written, list):
        return ()
    named = [item.get("name", item) if isinstance(item, dict) else item for item in written]
    texts = [
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        for item in named
        if item is not None
    ]
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


@cache
def _make_facts() -> AnySelect:
    """The facts of one business; this and the next are made once, as that takes longer than to run them."""
    facts = businesses_with_owner().with_only_columns(
        Business.id,
        Business.name,
        Business.owner_id,
        User.email.label("owner_email"),
        User.full_name.label("owner_name"),
        Business.industry,
        Business.website,
        Business.address,
        Business.timezone,
        Business.primary_phone,
        Business.created_at,
        Business.updated_at,
        Business.operating_hours,
        Business.core_services,
        func.coalesce(BusinessFigures.calls_30d, 0).label("calls_30d"),
    )
    return facts.where(Business.id == _BUSINESS)


@cache
def _make_agents() -> AnySelect:
    columns = (AiAgent.id, AiAgent.name, AiAgent.language, AiAgent.is_active)
    return (
        select(*columns, func.count().over().label("owned"))
        .where(AiAgent.business_id == _BUSINESS)
        .order_by(func.lower(AiAgent.name), AiAgent.id)
        .limit(SHOWN_AGENTS)
    )


def _local(now: datetime, time_zone: str) -> datetime | None:
    """The moment there; None for what is no time zone."""
    try:
        return now.astimezone(ZoneInfo(time_zone))
    except (KeyError, ValueError, OSError):
        return None


def _agents(session: Session, business_id: UUID) -> tuple[tuple[BusinessAgent, ...], int]:
    """The first agents by name, and how many there are."""
    rows = session.execute(_make_agents(), {"business": business_id}).all()
    agents = tuple(BusinessAgent(row.id, row.name, row.language, row.is_active) for row in rows)
    return agents, rows[0].owned if rows else 0


def _find_last_call(session: Session, business_id: UUID) -> Any:
    return session.execute(
        select(CallLog.id, CallLog.started_at)
        .where(CallLog.business_id == business_id)
        .order_by(CallLog.started_at.desc(), CallLog.id.desc())
        .limit(1)
    ).one_or_none()
