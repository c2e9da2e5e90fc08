"""Codes of an authenticator app (RFC 6238): each works once (guarantee 15).

The secret is stored encrypted. The step of the last code taken is stored beside it; a code of that step or an
earlier one is refused, and the admin's row is locked while this is decided.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
import segno
from sqlalchemy import select, update

from adminboard.auth.models import Admin
from adminboard.auth.sealing import SealedTexts
from adminboard.core.work import Work

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""Clocks may differ by so many steps in either direction."""
SEALING_PURPOSE = "second factor"
ISSUER = "AICallGO Admin Board"
_QR_MODULE_PX = 4


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What a person sees once: the QR picture as SVG, and the secret to type where no camera is."""

    secret: str
    qr_svg: str


def new_secret() -> str:
    return pyotp.random_base32()


def show_enrollment(secret: str, email: str) -> Enrollment:
    """The picture for an authenticator app. The SVG has no style of its own."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    picture = segno.make(address, error="m")
    svg = picture.svg_inline(scale=_QR_MODULE_PX, border=4, light="#ffffff", omitsize=False)
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return Enrollment(grouped, svg)


def find_step(secret: str, code: str, now: datetime, *, after_step: int | None) -> int | None:
    """The step whose code this is, within the allowed drift and later than ``after_step``; else None."""
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        matches = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode(errors="surrogatepass"))
        if matches and (after_step is None or step > after_step):
            return step
    return None


def take_code(work: Work, sealed: SealedTexts, admin_id: UUID, code: str) -> bool:
    """Whether the code is right and unused; it then counts as used. Locks the admin's row."""
    admin = work.session.execute(
        select(Admin.totp_secret_encrypted, Admin.totp_confirmed_at, Admin.totp_last_step)
        .where(Admin.id == admin_id)
        .with_for_update()
    ).one()
    if admin.totp_secret_encrypted is None or admin.totp_confirmed_at is None:
        return False
    secret = sealed.open(admin.totp_secret_encrypted)
    step = find_step(secret, "".join(code.split()), work.now(), after_step=admin.totp_last_step)
    if step is None:
        return False
    work.session.execute(update(Admin).where(Admin.id == admin_id).values(totp_last_step=step))
    return True
