"""What may be done, and which role may do it (domain: "Actions", "Roles").

API keys carry permissions directly, as their scopes; people get those of their role.
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing an actor may do. The words are the scopes of API keys, so they never change meaning."""

    CUSTOMERS_READ = "customers.read"
    PERSONAL_READ = "personal.read"
    """Unmasked e-mail addresses and phone numbers, transcripts, summaries, recordings, search by part."""
    CREDITS_READ = "credits.read"
    CREDITS_WRITE = "credits.write"
    CREDITS_REVERSE = "credits.reverse"
    ENTITLEMENTS_READ = "entitlements.read"
    ENTITLEMENTS_WRITE = "entitlements.write"
    BILLING_READ = "billing.read"
    BILLING_WRITE = "billing.write"
    REFUNDS_WRITE = "refunds.write"
    GRACE_PERIODS_WRITE = "grace_periods.write"
    NOTES_WRITE = "notes.write"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_REPLAY = "webhooks.replay"
    RECONCILIATION_WRITE = "reconciliation.write"
    BULK_RUN = "bulk.run"
    """Changes from a file, of the actions one may make one by one."""
    APPROVALS_READ = "approvals.read"
    APPROVALS_DECIDE = "approvals.decide"
    APPROVALS_EXEMPT = "approvals.exempt"
    """Acts without a second person's approval; for keys only, and the audit says so."""
    OPERATIONS_RETRY = "operations.retry"
    """Having a call to the outside tried again at once, exactly as it was decided."""
    FIGURES_WRITE = "figures.write"
    """Having all figures counted anew."""
    AUDIT_READ = "audit.read"
    HISTORY_READ = "history.read"
    """The audit entries of one record, beside that record; the whole log needs ``audit.read``."""
    SYSTEM_READ = "system.read"
    ADMINS_WRITE = "admins.write"
    API_KEYS_WRITE = "api_keys.write"
    SETTINGS_WRITE = "settings.write"
    USAGE_WRITE = "usage.write"
    """Lets the product charge credits; for keys only."""
    OWN_ACCOUNT = "account.own"
    """One's own password, second factor, sessions, time zone, saved views. Never a scope of a key."""


class Role(StrEnum):
    """What an admin is; the order is that of growing reach."""

    VIEWER = "viewer"
    SUPPORT = "support"
    BILLING = "billing"
    ADMIN = "admin"


_VIEWER = frozenset(
    {
        Permission.CUSTOMERS_READ,
        Permission.CREDITS_READ,
        Permission.ENTITLEMENTS_READ,
        Permission.BILLING_READ,
        Permission.WEBHOOKS_READ,
        Permission.SYSTEM_READ,
        Permission.OWN_ACCOUNT,
    }
)
_SUPPORT = _VIEWER | {
    Permission.PERSONAL_READ,
    Permission.HISTORY_READ,
    Permission.CREDITS_WRITE,
    Permission.CREDITS_REVERSE,
    Permission.ENTITLEMENTS_WRITE,
    Permission.REFUNDS_WRITE,
    Permission.GRACE_PERIODS_WRITE,
    Permission.NOTES_WRITE,
    Permission.WEBHOOKS_REPLAY,
    Permission.OPERATIONS_RETRY,
    Permission.BULK_RUN,
    Permission.APPROVALS_READ,
}
_BILLING = _SUPPORT | {
    Permission.BILLING_WRITE,
    Permission.RECONCILIATION_WRITE,
    Permission.FIGURES_WRITE,
    Permission.AUDIT_READ,
    Permission.APPROVALS_DECIDE,
}
_ADMIN = _BILLING | {Permission.ADMINS_WRITE, Permission.API_KEYS_WRITE, Permission.SETTINGS_WRITE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.SUPPORT: _SUPPORT,
    Role.BILLING: _BILLING,
    Role.ADMIN: _ADMIN,
}

KEYS_ONLY = frozenset({Permission.APPROVALS_EXEMPT, Permission.USAGE_WRITE})
PEOPLE_ONLY = frozenset({Permission.OWN_ACCOUNT})
KEY_SCOPES = frozenset(Permission) - PEOPLE_ONLY
"""Every scope an API key can have; the bootstrap key of the environment has them all."""
