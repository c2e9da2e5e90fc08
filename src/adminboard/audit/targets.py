"""Where the record that an audit entry speaks of is found on the board."""

from uuid import UUID

_PAGES = {
    "user": "/users?selected={}",
    "customer": "/customers?selected={}",
    "call": "/calls?selected={}",
    "approval": "/approvals?selected={}",
    "admin": "/settings/admins?selected={}",
    "billing_event": "/webhooks?selected={}",
    "operation": "/system/operations?selected={}",
    "api_key": "/settings/api-keys?selected={}",
}
WITH_HISTORY = frozenset({"user", "customer"})
"""Kinds of records whose pages show what was changed about them to whoever has ``history.read``. That of any
other record, like a person of the staff or a key, is part of the audit log and read with ``audit.read``."""


def find_target_page(kind: str, target_id: str) -> str | None:
    """The address of the record's page; None for kinds that have none, and for what had no id yet."""
    page = _PAGES.get(kind)
    try:
        return page.format(UUID(target_id)) if page else None
    except ValueError:
        return None
