"""Build the wheel into `dist/`; with `--try`, also start the board from it alone."""

import os
import subprocess
import sys
import tempfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

from tools.environment import ROOT, UV, SetupError, run

SOURCE = ROOT / "src"
GUIDE = ROOT / "docs" / "guide"
GUIDE_IN_WHEEL = "adminboard/guide/pages"
OUTPUT = ROOT / "dist"
NOT_PACKED = {"__pycache__"}
NEEDED = {
    "pages": "adminboard/*/templates/*.html",
    "migrations": "adminboard/migrations/versions/*.sql",
    "scripts": "adminboard/web/static/dist/board-*.js",
    "style sheets": "adminboard/web/static/dist/board-*.css",
    "guide": f"{GUIDE_IN_WHEEL}/*.md",
    "pictures of the guide": f"{GUIDE_IN_WHEEL}/pictures/*.webp",
}
"""What a wheel that was built carelessly would lack, by what to call it."""


def build() -> Path:
    """Build it anew, with the locked build tools and nothing from elsewhere. Raises `SetupError`."""
    for old in OUTPUT.glob("adminboard-*.whl"):
        old.unlink()
    run([UV, "build", "--quiet", "--wheel", "--offline", "--no-build-isolation", "--out-dir", OUTPUT])
    return next(OUTPUT.glob("adminboard-*.whl"))


def find_faults(wheel: Path, source: Path = SOURCE, guide: Path = GUIDE) -> list[str]:
    """One sentence for each file that is missing from the wheel, or that has no business in it."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    present = {path.relative_to(source).as_posix() for path in source.rglob("*") if is_packed(path)}
    pages = (path.relative_to(guide).as_posix() for path in guide.rglob("*") if is_packed(path))
    present |= {f"{GUIDE_IN_WHEEL}/{page}" for page in pages}
    faults = [f"{name} is missing" for name in sorted(present - packed)]
    faults += [f"{name} does not belong there" for name in sorted(packed - present)]
    for what, pattern in NEEDED.items():
        if not any(fnmatch(name, pattern) for name in packed):
            faults.append(f"no {what} ({pattern}) are in it")
    return faults


def is_packed(path: Path) -> bool:
    """Whether this is a file of the package itself, not one that Python or an installer left there."""
    return path.is_file() and not NOT_PACKED & set(path.parts)


def start_from(wheel: Path) -> None:
    """Unpack the wheel where nothing else is, and ask the board in it for its commands. Raises `SetupError`.

    What it depends on is taken from this environment, which holds the locked versions.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "packages"
        run([UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--target", target, wheel])
        environment = {**os.environ, "PYTHONPATH": str(target)}
        place = ask(["-c", "import adminboard; print(adminboard.__path__[0])"], folder, environment)
        if not Path(place.strip()).is_relative_to(target):
            raise SetupError(f"The board was started from {place.strip()}, and not from the wheel.")
        if "migrate" not in ask(["-m", "adminboard", "--help"], folder, environment):
            raise SetupError("The board in the wheel starts, but does not know its commands.")


def ask(words: list[str], folder: str, environment: dict[str, str]) -> str:
    """What this Python prints when it is started with these words there. Raises `SetupError`."""
    command = [sys.executable, *words]
    answer = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode != 0:
        raise SetupError("The board in the wheel does not start, for the reason printed above.")
    return answer.stdout


def main() -> None:
    """Build, look into what was built, and with `--try` start it."""
    wheel = build()
    if faults := find_faults(wheel):
        raise SetupError("\n".join([f"{wheel.name} is not whole:", *faults]))
    if "--try" in sys.argv:
        start_from(wheel)
    print(wheel.relative_to(ROOT))


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(str(error))
