"""The notes on a customer as a tab of the customer's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from adminboard.core.audit import Target
from adminboard.notes.models import Note, NoteTarget
from adminboard.notes.queries import SHOWN_NOTES, ShownNote, list_notes
from adminboard.web.addresses import address
from adminboard.web.record_page import TemplateTab
from adminboard.web.visit import Visit


@dataclass(frozen=True, slots=True)
class CustomerNotes:
    """The newest notes, newest first, of ``total``; ``all_url`` is the panel of all where there are more."""

    subject: Target
    notes: Sequence[ShownNote]
    total: int
    all_url: str | None


def load_customer_notes(visit: Visit, customer_id: UUID) -> CustomerNotes:
    """One query by index."""
    found = list_notes(visit.session, NoteTarget.CUSTOMER, customer_id)
    named = {"customer": str(customer_id), "return_to": visit.request.url.path}
    return CustomerNotes(
        subject=Target(NoteTarget.CUSTOMER.value, str(customer_id), "", customer_id),
        notes=found.notes,
        total=found.total,
        all_url=address("/notes/panel", {}, **named, all="yes") if found.total > SHOWN_NOTES else None,
    )


def select_customer_notes(customer: ColumnElement[Any]) -> Select[Any]:
    """The notes on a customer, by the customer's id as SQL."""
    return select(Note.id).where(
        Note.target_kind == NoteTarget.CUSTOMER, Note.target_id == customer, Note.removed_at.is_(None)
    )


customer_notes = TemplateTab(
    page="customer",
    label="Notes",
    path="notes",
    order=80,
    load=load_customer_notes,
    template="notes/tab.html",
    counted=select_customer_notes,
)
