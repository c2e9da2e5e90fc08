import zipfile
from pathlib import Path

from tools.wheel import find_faults

WHOLE = (
    "adminboard/__init__.py",
    "adminboard/users/templates/users/list.html",
    "adminboard/migrations/versions/board_0001/work.sql",
    "adminboard/web/static/dist/board-1.js",
    "adminboard/web/static/dist/board-2.css",
)


def make_source(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return folder / "src"


def make_wheel(folder: Path, *names: str) -> Path:
    with zipfile.ZipFile(folder / "adminboard.whl", "w") as archive:
        for name in (*names, "adminboard-0.1.0.dist-info/RECORD"):
            archive.writestr(name, "")
    return folder / "adminboard.whl"


def test_a_wheel_that_holds_the_whole_package_is_fine(tmp_path: Path) -> None:
    source = make_source(tmp_path, *WHOLE, "adminboard/__pycache__/__init__.pyc")

    assert find_faults(make_wheel(tmp_path, *WHOLE), source) == []


def test_a_file_that_is_missing_and_one_too_many_are_named(tmp_path: Path) -> None:
    source = make_source(tmp_path, *WHOLE)

    assert find_faults(make_wheel(tmp_path, *WHOLE[1:], "tests/conftest.py"), source) == [
        "adminboard/__init__.py is missing",
        "tests/conftest.py does not belong there",
    ]


def test_a_wheel_from_a_checkout_without_its_bundle_is_refused(tmp_path: Path) -> None:
    source = make_source(tmp_path, *WHOLE[:3])

    assert [fault.partition(" (")[0] for fault in find_faults(make_wheel(tmp_path, *WHOLE[:3]), source)] == [
        "no scripts",
        "no style sheets",
    ]
