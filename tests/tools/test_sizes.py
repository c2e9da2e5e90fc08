from pathlib import Path

import pytest

from tools.sizes import find_faults

LONG_FUNCTION = "def work():\n" + "    pass\n" * 60

FAULTS_OF_PYTHON = [
    ("x = 1\n" * 401, "the file has 401 lines"),
    (LONG_FUNCTION, "work has 61 lines"),
    ("async " + LONG_FUNCTION, "work has 61 lines"),
    ("x = 1  # TODO: finish\n", "TODO marks unfinished work"),
    ("# FIXME\n", "FIXME marks unfinished work"),
    ("# XXX\n", "XXX marks unfinished work"),
    ("def work():\n    raise NotImplementedError\n", "NotImplementedError marks unfinished work"),
    ("def work():\n    raise NotImplementedError('later')\n", "NotImplementedError marks unfinished work"),
    ("import pytest\npytest.skip('later')\n", "skip leaves a test unrun"),
    ("import pytest\n@pytest.mark.skipif(True)\ndef test(): ...\n", "skipif leaves a test unrun"),
    ("import pytest\n@pytest.mark.xfail\ndef test(): ...\n", "xfail leaves a test unrun"),
    ("from pytest import skip\n", "import pytest whole"),
    ("import os  # noqa\n", "`noqa` needs the rule's code and a reason"),
    ("import os  # noqa: F401\n", "`noqa` needs the rule's code and a reason"),
    ("# ruff: noqa\n", "`noqa` needs the rule's code and a reason"),
    ("x: int = ''  # type: ignore\n", "`type: ignore` needs the rule's code and a reason"),
    ("x: int = ''  # type: ignore[assignment]\n", "`type: ignore` needs the rule's code and a reason"),
    ("def\n", "this is not Python"),
]

SOUND_PYTHON = [
    "x = 1\n" * 400,
    "def work():\n" + "    pass\n" * 59,
    "name = 'TODO'\n",
    "import os  # noqa: F401 - imported for its effect\n",
    "import os  # noqa: F401, E402 - imported for its effect\n",
    "x: int = ''  # type: ignore[assignment]  # the library's types are wrong\n",
    "import pytest\npytest.raises(ValueError)\n",
    "import itertools\nskip = itertools.skip\n",
]


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("text", "sentence"), FAULTS_OF_PYTHON)
def test_a_fault_in_python_is_found(tmp_path: Path, text: str, sentence: str) -> None:
    write(tmp_path, "src/adminboard/credits/actions.py", text)

    faults = find_faults(tmp_path)

    assert len(faults) == 1
    assert faults[0].startswith("src/adminboard/credits/actions.py:")
    assert sentence in faults[0]


@pytest.mark.parametrize("text", SOUND_PYTHON)
def test_sound_python_has_no_fault(tmp_path: Path, text: str) -> None:
    write(tmp_path, "tests/credits/test_actions.py", text)

    assert find_faults(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["src/adminboard/utils.py", "tests/helpers.py", "src/adminboard/common/money.py"]
)
def test_a_vague_module_name_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "x = 1\n")

    assert find_faults(tmp_path) == [f"{name}:1: the module's name says nothing: name it after what it does"]


def test_a_long_template_is_found_and_a_short_one_is_not(tmp_path: Path) -> None:
    write(tmp_path, "src/adminboard/web/templates/page.html", "<p></p>\n" * 81)
    write(tmp_path, "src/adminboard/web/templates/form.html", "<p></p>\n" * 80)

    assert find_faults(tmp_path) == [
        "src/adminboard/web/templates/page.html:1: the template has 81 lines, 80 is the most: include parts"
    ]


def test_an_unfinished_mark_in_a_script_is_found_where_it_stands(tmp_path: Path) -> None:
    write(tmp_path, "frontend/src/board.js", "let x;\n// TODO\n")

    assert find_faults(tmp_path) == ["frontend/src/board.js:2: TODO marks unfinished work: finish it"]


def test_what_others_wrote_is_not_inspected(tmp_path: Path) -> None:
    write(tmp_path, "frontend/node_modules/left/index.js", "// TODO\n")
    write(tmp_path, "src/adminboard/web/static/dist/board.js", "// TODO\n")

    assert find_faults(tmp_path) == []
