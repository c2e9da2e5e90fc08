"""What runs here and how it is set: versions, settings with where each comes from, feature flags."""

import platform
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.configuration.thresholds import KINDS
from adminboard.core.masking import Mask, mask_text, sees_personal_data
from adminboard.core.models import FeatureFlag, Setting
from adminboard.core.thresholds import Threshold
from adminboard.core.work import moment, reader
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.system.facts import Cell, Column, Content, Fact, Row, Table

LIBRARIES = (
    "fastapi", "sqlalchemy", "psycopg", "pydantic", "jinja2", "procrastinate", "stripe", "alembic", "uvicorn",
)  # fmt: skip
PERSONAL_SETTINGS = frozenset({"admin_email"})
HIDDEN = "set, hidden"
_CHECKOUT = Path(__file__).parents[3] / ".git"


def load_versions(session: Session, runtime: Runtime) -> Content:
    """The board, Python and the libraries that matter, the environment and the time."""
    facts = [
        Fact("environment", "Environment", runtime.settings.app_env.value),
        Fact("server_time", "Server time", moment(session), Cell.MOMENT),
        Fact("board", "Board", version("adminboard"), Cell.CODE),
        Fact("commit", "Commit", find_commit(), Cell.CODE),
        Fact("python", "Python", platform.python_version(), Cell.CODE),
    ]
    return Content(facts + [Fact(name, name, _find_version(name), Cell.CODE) for name in LIBRARIES])


def load_settings_in_force(session: Session, runtime: Runtime) -> Content:
    """Every setting, its value in force and where that comes from. A secret only says whether it is set."""
    stored = {row.key: row.value for row in session.scalars(select(Setting))}
    defaults: Mapping[Threshold, Any] = session.info["defaults"].values
    settings = runtime.settings
    rows = [_setting_row(session, settings, name, stored) for name in type(settings).model_fields]
    rows += [
        _threshold_row(threshold, threshold.value, stored, defaults[threshold], "default")
        for threshold in KINDS
        if threshold.value not in type(settings).model_fields
    ]
    columns = [
        Column("name", "Setting", Cell.CODE),
        Column("value", "Value"),
        Column("source", "From"),
    ]
    return Content(table=Table(columns, rows))


def load_feature_flags(session: Session, _: Runtime) -> Content:
    """The parts of the board that can be switched on and off."""
    flags = session.scalars(select(FeatureFlag).order_by(FeatureFlag.key)).all()
    columns = [
        Column("key", "Flag", Cell.CODE),
        Column("status", "Status", Cell.WORD),
        Column("description", "Meaning"),
        Column("updated_at", "Changed", Cell.MOMENT),
        Column("updated_by", "By"),
    ]
    rows = [
        Row(
            [
                flag.key,
                "enabled" if flag.enabled else "disabled",
                flag.description,
                flag.updated_at,
                flag.updated_by,
            ]
        )
        for flag in flags
    ]
    return Content(table=Table(columns, rows, "There are no feature flags."))


@cache
def find_commit(checkout: Path = _CHECKOUT) -> str | None:
    """The commit of the checkout the board runs from; None where it was installed as a package."""
    try:
        head = (checkout / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return _as_commit(head)
        name = head.removeprefix("ref: ")
        loose = checkout / name
        if loose.is_file():
            return _as_commit(loose.read_text(encoding="ascii").strip())
        packed = (checkout / "packed-refs").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((_as_commit(line.split()[0]) for line in packed if line.endswith(f" {name}")), None)


def _as_commit(text: str) -> str | None:
    return text[:12] if re.fullmatch(r"[0-9a-f]{40,64}", text) else None


def _find_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _setting_row(session: Session, settings: Settings, name: str, stored: Mapping[str, Any]) -> Row:
    value = getattr(settings, name)
    source = "environment" if name in settings.model_fields_set else "default"
    if name in {threshold.value for threshold in KINDS}:
        return _threshold_row(Threshold(name), name.upper(), stored, value, source)
    text = _show(value)
    if name in PERSONAL_SETTINGS and not sees_personal_data(reader(session)):
        text = mask_text(Mask.EMAIL, text)
    return Row([name.upper(), text, source])


def _threshold_row(
    threshold: Threshold, name: str, stored: Mapping[str, Any], value: Any, source: str
) -> Row:
    if threshold.value in stored:
        value, source = stored[threshold.value], "database"
    return Row([name, KINDS[threshold].show(value), source])


def _show(value: Any) -> str | None:
    """A setting as text: None for what is not set, and of a secret nothing but that it is set."""
    if value is None or value == ():
        return None
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return _without_login(str(value.value if isinstance(value, Enum) else value))


def _without_login(text: str) -> str:
    """An address without the name and password that may stand in it."""
    login, at, _ = urlsplit(text).netloc.rpartition("@")
    return text.replace(f"{login}{at}", "", 1) if at else text
