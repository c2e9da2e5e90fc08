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
GUIDE = ("README.md", "pictures/refund.webp")
PACKED = (*WHOLE, *(f"adminboard/guide/pages/{name}" for name in GUIDE))


def make_source(folder: Path, *names: str) -> Path:
    for path in [*(folder / "src" / name for name in names), *(folder / "guide" / name for name in GUIDE)]:
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

    assert find_faults(make_wheel(tmp_path, *PACKED), source, tmp_path / "guide") == []


def test_a_file_that_is_missing_and_one_too_many_are_named(tmp_path: Path) -> None:
    source = make_source(tmp_path, *WHOLE)

    wheel = make_wheel(tmp_path, *PACKED[1:-1], "tests/conftest.py")

    assert find_faults(wheel, source, tmp_path / "guide") == [
        "adminboard/__init__.py is missing",
        "adminboard/guide/pages/pictures/refund.webp is missing",
        "tests/conftest.py does not belong there",
        "no pictures of the guide (adminboard/guide/pages/pictures/*.webp) are in it",
    ]


def test_a_wheel_from_a_checkout_without_its_bundle_is_refused(tmp_path: Path) -> None:
    source = make_source(tmp_path, *WHOLE[:3])

    wheel = make_wheel(tmp_path, *WHOLE[:3], *PACKED[len(WHOLE) :])

    faults = find_faults(wheel, source, tmp_path / "guide")

    assert [fault.partition(" (")[0] for fault in faults] == ["no scripts", "no style sheets"]
