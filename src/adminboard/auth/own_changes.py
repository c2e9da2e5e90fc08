"""Changes people confirm on their own account: time zone, sessions, second factor."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.browsers import name_browser
from adminboard.auth.commands import ChangeTimeZone, EndOwnSession, OwnAccount
from adminboard.auth.models import Admin, AdminSession
from adminboard.auth.queries import admin_target, count_live_sessions, get_admin, lock_admin
from adminboard.auth.recovery_codes import count_recovery_codes, remove_recovery_codes, replace_recovery_codes
from adminboard.auth.sessions import end_session, end_sessions
from adminboard.auth.staff_rules import NothingToChange
from adminboard.core.actions import Applied, Caution, Change, Preview, Undo
from adminboard.core.errors import NotFound
from adminboard.core.work import Work, moment, reader

BOARD_DEFAULT = "the board's default"


class SessionUnknown(NotFound):
    """The session has ended already, or is somebody else's."""

    title = "No such session"


def lock_own_account(work: Work, _: OwnAccount | ChangeTimeZone | EndOwnSession) -> None:
    lock_admin(work, str(work.actor.id))


def preview_time_zone(session: Session, command: ChangeTimeZone) -> Preview:
    """Raises `NothingToChange`."""
    admin = _me(session)
    if admin.time_zone == command.time_zone:
        raise NothingToChange("This is your time zone already.")
    before, after = admin.time_zone or BOARD_DEFAULT, command.time_zone or BOARD_DEFAULT
    return Preview(admin_target(admin), (Change("Time zone", before, after),))


def apply_time_zone(work: Work, command: ChangeTimeZone) -> Applied:
    admin = _me(work.session)
    former = admin.time_zone
    admin.time_zone = command.time_zone
    return Applied(
        result={"time_zone": admin.time_zone},
        summary=f"The time zone of {admin.email} is now {admin.time_zone or BOARD_DEFAULT}.",
        undo=Undo("account.change_time_zone", ChangeTimeZone(time_zone=former)),
    )


def preview_session_end(session: Session, command: EndOwnSession) -> Preview:
    """Raises `SessionUnknown`."""
    admin = _me(session)
    shown = _get_own_session(session, admin, command)
    return Preview(admin_target(admin), (Change("Session", shown, "ended"),))


def apply_session_end(work: Work, command: EndOwnSession) -> Applied:
    admin = _me(work.session)
    end_session(work, command.session)
    return Applied({"ended": 1}, f"{admin.email} logged another browser out.")


def preview_others_end(session: Session, _: OwnAccount) -> Preview:
    """Raises `NothingToChange`."""
    admin = _me(session)
    live = count_live_sessions(session, admin.id, moment(session))
    if live <= 1:
        raise NothingToChange("You are logged in nowhere else.")
    return Preview(admin_target(admin), (Change("Sessions", live, 1, "number"),))


def apply_others_end(work: Work, _: OwnAccount) -> Applied:
    """Ends all sessions of the person but the one through which this is asked."""
    admin = _me(work.session)
    ended = end_sessions(work, admin.id, but=work.actor.session_id)
    return Applied({"ended": ended}, f"{admin.email} logged out everywhere else ({ended}).")


def preview_factor_removal(session: Session, _: OwnAccount) -> Preview:
    """Raises `NothingToChange`."""
    admin = _require_factor(_me(session))
    warning = Caution("weaker_login", "From then on the password alone is enough to log in.")
    return Preview(admin_target(admin), (Change("Second factor", "set", "not set"),), (warning,))


def apply_factor_removal(work: Work, _: OwnAccount) -> Applied:
    admin = _me(work.session)
    admin.totp_secret_encrypted = admin.totp_confirmed_at = admin.totp_last_step = None
    remove_recovery_codes(work, admin.id)
    return Applied({}, f"{admin.email} removed their second factor.")


def preview_new_codes(session: Session, _: OwnAccount) -> Preview:
    """Raises `NothingToChange`."""
    admin = _require_factor(_me(session))
    left = count_recovery_codes(session, admin.id)
    warning = Caution("codes_replaced", "The codes you have now stop working.")
    return Preview(
        admin_target(admin), (Change("Recovery codes", f"{left} left", "ten new ones"),), (warning,)
    )


def apply_new_codes(work: Work, _: OwnAccount) -> Applied:
    admin = _me(work.session)
    codes = replace_recovery_codes(work, admin.id)
    return Applied(
        {}, f"{admin.email} made new recovery codes.", shown_once={"recovery_codes": "\n".join(codes)}
    )


def _me(session: Session) -> Admin:
    return get_admin(session, str(reader(session).id))


def _require_factor(admin: Admin) -> Admin:
    if admin.totp_confirmed_at is None:
        raise NothingToChange("You have no second factor.")
    return admin


def _get_own_session(session: Session, admin: Admin, command: EndOwnSession) -> str:
    row = session.execute(
        select(AdminSession.user_agent, AdminSession.ip_address).where(
            AdminSession.id == command.session,
            AdminSession.admin_id == admin.id,
            AdminSession.ended_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise SessionUnknown("This session has ended already.")
    return f"{name_browser(row.user_agent)}, {row.ip_address or 'unknown address'}"
