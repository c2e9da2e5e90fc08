"""The first administrator, from the environment. Nobody becomes one by being the first visitor."""

from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert

from adminboard.auth.models import Admin, Theme
from adminboard.auth.passwords import is_password_hash
from adminboard.auth.queries import find_admin
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.permissions import Role
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError


def ensure_first_admin(runtime: Runtime) -> bool:
    """Makes the administrator that `ADMIN_EMAIL` and `ADMIN_PASSWORD_HASH` name; whether it was made now.

    An account of this address is left exactly as it is, disabled or not: the environment never resets a
    password. Several replicas may start at once. Raises `SettingsError` when the hash is none.
    """
    settings = runtime.settings
    if settings.admin_email is None or settings.admin_password_hash is None:
        return False
    password_hash = settings.admin_password_hash.get_secret_value()
    if not is_password_hash(password_hash):
        raise SettingsError("ADMIN_PASSWORD_HASH: this is neither an argon2 nor a bcrypt hash of a password.")
    email = settings.admin_email.strip().lower()
    with runtime.reading() as session:
        if find_admin(session, email) is not None:
            return False
    with runtime.work(system_actor("environment")) as work:
        made = work.session.execute(
            insert(Admin)
            .values(
                id=uuid4(),
                email=email,
                name=email.partition("@")[0],
                role=Role.ADMIN,
                password_hash=password_hash,
                password_changed_at=work.now(),
                theme=Theme.SYSTEM,
                created_at=work.now(),
                updated_at=work.now(),
            )
            .on_conflict_do_nothing()
            .returning(Admin.id)
        ).scalar_one_or_none()
        if made is None:
            work.abandon()
            return False
        summary = f"{email} was made the first administrator, from the environment."
        work.audit("admins.bootstrap", Target("admin", str(made), email), summary)
        return True
