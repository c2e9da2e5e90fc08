"""What the board knows of an agent: the row with its business, for the list, and everything for the panel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, func, select
from sqlalchemy.orm import Session

from adminboard.agents.languages import describe_language
from adminboard.agents.models import AiAgent
from adminboard.businesses.models import Business
from adminboard.core.errors import NotFound
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.users.models import User


class AgentUnknown(NotFound):
    """No agent has this id."""

    title = "No such agent"


def agents_with_business() -> AnySelect:
    """Agents with the business they answer for."""
    return select(AiAgent).outerjoin(Business, Business.id == AiAgent.business_id)


def agent_status() -> ColumnElement[str]:
    """The word for whether the agent answers."""
    return case((AiAgent.is_active, "active"), else_="inactive")


def lower_name() -> ColumnElement[str]:
    """The name as lists sort by it, as its index spells it."""
    return func.lower(AiAgent.name, type_=String)


@dataclass(frozen=True, slots=True)
class AgentDetail:
    """Everything the panel beside the list shows."""

    id: UUID
    name: str
    business_id: UUID
    business_name: str
    owner_id: UUID
    owner_email: str = field(metadata={"mask": Mask.EMAIL})
    tone: str | None
    voice: str | None
    language: str
    greeting_message: str | None
    forwarding_enabled: bool
    forwarding_number: str | None = field(metadata={"mask": Mask.PHONE})
    is_active: bool
    created_at: datetime
    updated_at: datetime

    @property
    def language_name(self) -> str:
        return describe_language(self.language)


def get_agent_detail(session: Session, agent_id: UUID) -> AgentDetail:
    """The panel of one agent: one query. Raises `AgentUnknown`."""
    row = session.execute(
        agents_with_business()
        .outerjoin(User, User.id == Business.owner_id)
        .with_only_columns(
            AiAgent.id,
            AiAgent.name,
            AiAgent.business_id,
            Business.name.label("business_name"),
            Business.owner_id,
            User.email.label("owner_email"),
            AiAgent.tone,
            AiAgent.voice,
            AiAgent.language,
            AiAgent.greeting_message,
            AiAgent.forwarding_enabled,
            AiAgent.forwarding_number,
            AiAgent.is_active,
            AiAgent.created_at,
            AiAgent.updated_at,
        )
        .where(AiAgent.id == agent_id)
    ).one_or_none()
    if row is None:
        raise AgentUnknown(f"There is no agent {agent_id}.")
    return AgentDetail(**row._mapping)
