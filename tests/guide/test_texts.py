"""The guide holds together: every page is linked, every picture there, every quoted sentence the board's."""

import re
from pathlib import Path

import pytest

from adminboard.areas import AREAS
from adminboard.guide.pages import INDEX, find_folder, get_page
from adminboard.guide.pictures import PICTURES, NotAPicture, read_size
from tools.pictures.__main__ import SCENES

FOLDER = find_folder()
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != INDEX)
SOURCE = Path(__file__).parents[2] / "src" / "adminboard"
MOST_BYTES = 2_500_000
WIDEST = 1280
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)]+)\)")
_PICTURE = re.compile(r"!\[([^\]]+)\]\(pictures/([^)]+)\)")
_SAID = re.compile(r"^\| .*?\|", re.MULTILINE)
_QUOTED = re.compile(r"\*([^*]+)\*")
_OPEN = re.compile(r"…|\$?[0-9][0-9,.]*|EUR")
"""What stands for a name or an amount in a sentence of the board's."""


def read(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text()


def test_the_first_page_links_every_page() -> None:
    assert sorted(set(_LINK.findall(read(INDEX)))) == [f"{name}.md" for name in PAGES]


def test_every_page_belongs_to_an_area_and_is_called_the_same_there() -> None:
    declared = {page.name: page.title for area in AREAS for page in area.help_pages}
    assert declared == {name: get_page(name).title for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_pages_only(name: str) -> None:
    assert set(_LINK.findall(read(name))) <= {f"{page}.md" for page in [*PAGES, INDEX]}


def test_every_picture_is_there_is_used_and_can_be_made_anew() -> None:
    used = [file for name in [*PAGES, INDEX] for _, file in _PICTURE.findall(read(name))]
    kept = sorted(path.name for path in (FOLDER / PICTURES).iterdir())
    assert sorted(used) == kept
    assert sorted(f"{scene.name}.webp" for scene in SCENES) == kept


def test_pictures_are_small() -> None:
    files = list((FOLDER / PICTURES).iterdir())
    assert max(read_size(file)[0] for file in files) <= WIDEST
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES


def test_what_is_no_picture_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "no.webp").write_bytes(b"RIFF....WEBPVP8L" + bytes(20))
    with pytest.raises(NotAPicture):
        read_size(tmp_path / "no.webp")


@pytest.fixture(scope="module")
def said_by_the_board() -> str:
    """All source, with texts that go over several lines joined, and white space as single blanks."""
    files = [path for kind in ("*.py", "*.html") for path in sorted(SOURCE.rglob(kind))]
    joined = re.sub(r'"\s+f?"', "", "\n".join(path.read_text() for path in files))
    return re.sub(r"\s+", " ", joined)


@pytest.mark.parametrize("name", [*PAGES, INDEX])
def test_what_the_board_is_quoted_with_is_what_it_says(name: str, said_by_the_board: str) -> None:
    quoted = [text for cell in _SAID.findall(read(name)) for text in _QUOTED.findall(cell)]
    fragments = [part.strip(" .:,") for text in quoted for part in _OPEN.split(text)]
    unsaid = [part for part in fragments if part and part not in said_by_the_board]
    assert unsaid == []
