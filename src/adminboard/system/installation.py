"""What runs here and how it is set: versions, settings with where each comes from, feature flags."""

import platform
import re
from collections.abc import Iterator, Mapping
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
from adminboard.core.thresholds import Defaults, Threshold
from adminboard.core.work import moment, reader
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.system.facts import Cell, Column, Content, Fact, Row, Table

LIBRARIES = (
    "fastapi", "sqlalchemy", "psycopg", "pydantic", "jinja2", "procrastinate", "stripe", "alembic", "uvicorn",
)  # fmt: skip
PERSONAL_SETTINGS = frozenset({"ADMIN_EMAIL"})
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
    is_masked = not sees_personal_data(reader(session))
    rows = [
        Row(
            [name, mask_text(Mask.EMAIL, value) if is_masked and name in PERSONAL_SETTINGS else value, source]
        )
        for name, value, source in list_settings(runtime.settings, stored)
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


def list_settings(settings: Settings, stored: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str]]:
    """Name, value in force and source of each; ``stored`` are the database's own, which win.

    None for what is not set; a secret only says that it is.
    """
    defaults = Defaults.from_settings(settings).values
    for name in type(settings).model_fields:
        source = "environment" if name in settings.model_fields_set else "default"
        if name in {threshold.value for threshold in KINDS}:
            yield _threshold(Threshold(name), name.upper(), stored, getattr(settings, name), source)
        else:
            yield name.upper(), _show(getattr(settings, name)), source
    for threshold in KINDS:
        if threshold.value not in type(settings).model_fields:
            yield _threshold(threshold, threshold.value, stored, defaults[threshold], "default")


def _threshold(
    threshold: Threshold, name: str, stored: Mapping[str, Any], value: Any, source: str
) -> tuple[str, str | None, str]:
    if threshold.value in stored:
        value, source = stored[threshold.value], "database"
    return name, KINDS[threshold].show(value), source


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
