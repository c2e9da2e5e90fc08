"""Sealing second factors anew, so that the key they were sealed with can be taken away (`SECRET_KEY`)."""

from sqlalchemy import select, update

from adminboard.auth.models import Admin
from adminboard.auth.sealing import SealedTexts, SecretUnreadable
from adminboard.core.audit import Target
from adminboard.core.work import Work


def reseal_second_factors(work: Work, sealed: SealedTexts) -> int:
    """Seals every second factor with the first key, locking the accounts; returns how many there are.

    Doing it again changes nothing that can be seen. Raises `SecretUnreadable` and changes nothing when there
    is one that no key opens; the message names whose.
    """
    accounts = work.session.execute(
        select(Admin.id, Admin.email, Admin.totp_secret_encrypted)
        .where(Admin.totp_secret_encrypted.is_not(None))
        .order_by(Admin.id)
        .with_for_update()
    ).all()
    if not accounts:
        work.abandon()
        return 0
    for account in accounts:
        try:
            anew = sealed.reseal(account.totp_secret_encrypted)
        except SecretUnreadable as error:
            raise SecretUnreadable(
                f"The second factor of {account.email} was sealed with a SECRET_KEY that is no longer set. "
                f"Add that key at the end, or take it away: adminboard admins reset-2fa {account.email}"
            ) from error
        work.session.execute(update(Admin).where(Admin.id == account.id).values(totp_secret_encrypted=anew))
    summary = f"Sealed with the current SECRET_KEY: second factors of {len(accounts)} accounts"
    work.audit("admins.reseal", Target("admins", "second_factors", "Second factors"), summary)
    return len(accounts)
