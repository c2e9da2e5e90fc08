"""The two lists of areas in the import contracts stay the same set."""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"


def test_every_area_has_its_place_in_the_order_of_areas() -> None:
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    all_areas = max(contracts[0]["layers"], key=len)
    ordered = contracts[1]["layers"]

    assert sorted(re.findall(r"\w+", all_areas)) == sorted(re.findall(r"\w+", " ".join(ordered)))
