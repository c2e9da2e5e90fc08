"""Examples of changes to people, keys, one's own account and the settings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from adminboard.auth.browsers import name_browser
from adminboard.auth.commands import (
    ChangeRole,
    ChangeTimeZone,
    CreateKey,
    EndOwnSession,
    InviteAdmin,
    NameAdmin,
    NameKey,
    OwnAccount,
    RotateKey,
)
from adminboard.auth.keys import make_key
from adminboard.auth.models import Admin, AdminSession, ApiKey, RecoveryCode
from adminboard.auth.own_changes import BOARD_DEFAULT
from adminboard.auth.recovery_codes import replace_recovery_codes, take_recovery_code
from adminboard.configuration.actions import ChangeSetting
from adminboard.configuration.thresholds import KINDS
from adminboard.core.audit import Target
from adminboard.core.permissions import Permission, Role
from adminboard.core.thresholds import Threshold, get_threshold
from adminboard.figures.actions import RebuildFigures
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

FACTOR = {"totp_secret_encrypted": b"sealed"}
ZONES = ["Europe/Berlin", "America/New_York", "UTC", "Asia/Tokyo"]
SETTINGS = {
    Threshold.SUPPORT_REFUND_LIMIT: ["0", "250.00", "$1,500"],
    Threshold.GRACE_PERIOD_DAYS: ["1", "30"],
    Threshold.SUSPEND_WHEN_GRACE_ENDS: ["yes"],
    Threshold.AUTO_FIX: ["yes"],
    Threshold.DEFAULT_TIMEZONE: ZONES[:3],
    Threshold.SESSION_IDLE_HOURS: ["0.5", "1", "24"],
}


def invitation(scene: Scene) -> Example:
    email = f"{scene.word()}@board.test"

    def look(session: Session) -> Seen:
        admin = session.scalar(select(Admin).where(Admin.email == email))
        return {"Name": admin.name if admin else None, "Role": admin.role.value if admin else None}

    return Example(InviteAdmin(email=email, name="Robin Doe", role=scene.chance.choice(list(Role))), look)


def role_change(scene: Scene) -> Example:
    former, new = scene.chance.sample(list(Role), 2)
    admin_id = scene.make_admin(role=former).id
    return Example(
        ChangeRole(admin=str(admin_id), role=new),
        lambda session: {"Role": session.get_one(Admin, admin_id).role.value},
    )


def disabling(scene: Scene) -> Example:
    return _on_admin(scene, _see_status, role=scene.chance.choice(list(Role)))


def enabling(scene: Scene) -> Example:
    return _on_admin(scene, _see_status, disabled_at=scene.board.clock.now())


def end_of_sessions(scene: Scene) -> Example:
    example = _on_admin(scene, _see_sessions)
    assert isinstance(example.command, NameAdmin)
    for _ in range(scene.chance.randrange(1, 4)):
        scene.open_session(UUID(example.command.admin))
    return example


def factor_reset(scene: Scene) -> Example:
    return _on_admin(scene, _see_factor, totp_confirmed_at=scene.board.clock.now(), **FACTOR)


def password_reset(scene: Scene) -> Example:
    def see_password(session: Session, admin_id: UUID) -> Seen:
        admin = session.get_one(Admin, admin_id)
        without = "to be set with a new code" if admin.invitation_hash else "not set"
        return {"Password": "set" if admin.password_hash else without}

    password = scene.chance.choice([None, "a hash"])
    example = _on_admin(scene, see_password, password_hash=password)
    return replace(example, repeatable=password is None)


def key_creation(scene: Scene) -> Example:
    name, days = scene.word(), scene.chance.randrange(1, 366)
    scopes = scene.chance.sample(
        [Permission.CUSTOMERS_READ, Permission.CREDITS_WRITE, Permission.AUDIT_READ], 2
    )

    def look(session: Session) -> Seen:
        key = session.scalars(select(ApiKey).where(ApiKey.name == name)).first()
        if key is None:
            return {"Scopes": None, "Valid for": None}
        return {"Scopes": key.scopes, "Valid for": f"{(key.expires_at - key.created_at).days} days"}

    return Example(CreateKey(name=name, scopes=tuple(scopes), valid_days=days), look, repeatable=True)


def key_rotation(scene: Scene) -> Example:
    now = scene.board.clock.now()
    overlap, hours_left = scene.chance.choice([0, 24, 168]), scene.chance.choice([1, 100, 200])
    expires_at = now + timedelta(hours=hours_left)
    key_id = _add_key(scene, expires_at)

    def look(session: Session) -> Seen:
        until = session.get_one(ApiKey, key_id).expires_at
        return {"Former key works until": until if until == expires_at else f"{overlap} hours from now"}

    command = RotateKey(key=key_id, overlap_hours=overlap)
    return Example(command, look, repeatable=hours_left <= overlap)


def key_revocation(scene: Scene) -> Example:
    key_id = _add_key(scene, scene.board.clock.now() + timedelta(days=9))

    def look(session: Session) -> Seen:
        return {"Status": "revoked" if session.get_one(ApiKey, key_id).revoked_at else "valid"}

    return Example(NameKey(key=key_id), look)


def own_time_zone(scene: Scene) -> Example:
    def look(session: Session) -> Seen:
        return {"Time zone": session.get_one(Admin, scene.me.id).time_zone or BOARD_DEFAULT}

    return Example(ChangeTimeZone(time_zone=scene.chance.choice(ZONES)), look)


def own_session(scene: Scene) -> Example:
    other = scene.open_session(scene.me.id)

    def look(session: Session) -> Seen:
        row = session.get_one(AdminSession, other)
        shown = f"{name_browser(row.user_agent)}, {row.ip_address or 'unknown address'}"
        return {"Session": "ended" if row.ended_at else shown}

    return Example(EndOwnSession(session=other), look)


def other_sessions(scene: Scene) -> Example:
    for _ in range(scene.chance.randrange(1, 4)):
        scene.open_session(scene.me.id)
    return Example(OwnAccount(), lambda session: _see_sessions(session, scene.me.id))


def factor_removal(scene: Scene) -> Example:
    _set_factor(scene)
    return Example(OwnAccount(), lambda session: _see_factor(session, scene.me.id))


def new_recovery_codes(scene: Scene) -> Example:
    _set_factor(scene)
    with scene.board.runtime.work(scene.actor) as work:
        codes = replace_recovery_codes(work, scene.me.id)
        for code in codes[: scene.chance.randrange(1, 10)]:
            take_recovery_code(work, scene.me.id, code)
        work.audit("account.codes", Target("admin", str(scene.me.id), "me"), "Codes for a test")
        former = set(work.session.scalars(select(RecoveryCode.id)))

    def look(session: Session) -> Seen:
        mine = session.scalars(
            select(RecoveryCode.id).where(
                RecoveryCode.admin_id == scene.me.id, RecoveryCode.used_at.is_(None)
            )
        ).all()
        return {"Recovery codes": f"{len(mine)} left" if former.issuperset(mine) else "ten new ones"}

    return Example(OwnAccount(), look)


def setting(scene: Scene) -> Example:
    threshold = scene.chance.choice(list(SETTINGS))
    kind = KINDS[threshold]

    def look(session: Session) -> Seen:
        return {kind.label: kind.show(get_threshold(session, threshold))}

    with scene.board.runtime.reading() as session:
        in_force = kind.show(get_threshold(session, threshold))
    offered = [value for value in SETTINGS[threshold] if kind.show(kind.read(value)) != in_force]
    return Example(ChangeSetting(setting=threshold, value=scene.chance.choice(offered)), look)


def _on_admin(scene: Scene, see: Callable[[Session, UUID], Seen], **fields: Any) -> Example:
    admin_id = scene.make_admin(**fields).id
    return Example(NameAdmin(admin=str(admin_id)), lambda session: see(session, admin_id))


def _see_status(session: Session, admin_id: UUID) -> Seen:
    return {"Status": "disabled" if session.get_one(Admin, admin_id).disabled_at else "active"}


def _see_factor(session: Session, admin_id: UUID) -> Seen:
    return {"Second factor": "set" if session.get_one(Admin, admin_id).totp_confirmed_at else "not set"}


def _see_sessions(session: Session, admin_id: UUID) -> Seen:
    live = select(func.count()).where(AdminSession.admin_id == admin_id, AdminSession.ended_at.is_(None))
    return {"Sessions": session.scalar(live)}


def _set_factor(scene: Scene) -> None:
    with scene.board.rows() as session:
        me = session.get_one(Admin, scene.me.id)
        me.totp_secret_encrypted, me.totp_confirmed_at = b"sealed", scene.board.clock.now()


def _add_key(scene: Scene, expires_at: Any) -> UUID:
    made = make_key()
    with scene.board.rows() as session:
        key = ApiKey(
            prefix=made.prefix,
            secret_hash=made.secret_hash,
            name=scene.word(),
            owner_admin_id=scene.me.id,
            scopes=[Permission.CUSTOMERS_READ.value],
            created_at=scene.board.clock.now(),
            expires_at=expires_at,
        )
        session.add(key)
        session.flush()
        return key.id


def rebuild_of_figures(_: Scene) -> Example:
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'rebuild_figures'")
    return Example(RebuildFigures(), lambda session: {"Rebuilds waiting": session.scalar(waiting)})


EXAMPLES: dict[str, MakeExample] = {
    "admins.invite": invitation,
    "admins.change_role": role_change,
    "admins.disable": disabling,
    "admins.enable": enabling,
    "admins.end_sessions": end_of_sessions,
    "admins.reset_second_factor": factor_reset,
    "admins.reset_password": password_reset,
    "api_keys.create": key_creation,
    "api_keys.rotate": key_rotation,
    "api_keys.revoke": key_revocation,
    "account.change_time_zone": own_time_zone,
    "account.end_session": own_session,
    "account.end_other_sessions": other_sessions,
    "account.remove_second_factor": factor_removal,
    "account.replace_recovery_codes": new_recovery_codes,
    "settings.change": setting,
    "figures.rebuild": rebuild_of_figures,
}
