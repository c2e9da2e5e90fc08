"""The four accounts of the demonstration, one for each role, with one password."""

from __future__ import annotations

from sqlalchemy import select

from adminboard.auth.models import Admin
from adminboard.auth.passwords import hash_password, verify_password
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.demo.seed.staff import DEMO_STAFF
from adminboard.runtime import Runtime

ACCOUNTS = {member.email: member for member in DEMO_STAFF}


def ensure_accounts(runtime: Runtime, password: str) -> None:
    """Creates the accounts that are missing and gives all of them this password."""
    with runtime.reading() as session:
        admins = session.scalars(select(Admin).where(Admin.email.in_(ACCOUNTS)))
        known = {admin.email: admin for admin in admins}
    stale = [email for email in ACCOUNTS if not _has_password(known.get(email), password)]
    if not stale:
        return
    password_hash = hash_password(password)
    with runtime.work(system_actor("demonstration")) as work:
        for email in stale:
            member = ACCOUNTS[email]
            admin = known.get(email) or Admin(id=member.id, email=email, name=member.name, role=member.role)
            admin.password_hash = password_hash
            admin.password_changed_at = work.now()
            admin = work.session.merge(admin)
            work.session.flush()
            target = Target("admin", str(admin.id), email)
            work.audit("admins.prepare_demo", target, f"Prepared the demonstration's account {email}")


def _has_password(admin: Admin | None, password: str) -> bool:
    return admin is not None and verify_password(password, admin.password_hash).matches
