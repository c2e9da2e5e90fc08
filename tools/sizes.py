"""Check what no linter does: lengths, vague module names, and marks of unfinished work."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "tests", "tools", "benchmarks", "frontend")
NOT_OURS = {"node_modules", "dist", ".build", "__pycache__"}
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_TEMPLATE_LINES = 80
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
UNFINISHED_WORD = re.compile(r"\b(TODO|FIXME|XXX)\b")
SUPPRESSION = re.compile(r"#\s*(?:ruff:\s*)?(?P<what>noqa|type:\s*ignore)(?P<rest>.*)")
REASONED = {
    "noqa": re.compile(r":\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*\W+\w+"),
    "type: ignore": re.compile(r"\[[a-z-]+(\s*,\s*[a-z-]+)*\]\W+\w+"),
}
UNRUN_TESTS = {"skip", "skipif", "xfail", "importorskip"}
TEXT_SUFFIXES = {".html", ".txt", ".js", ".css", ".sql", ".mako"}


def find_faults(root: Path) -> list[str]:
    """Every fault in the project at root, each as `path:line: sentence`."""
    faults = []
    for path in list_files(root):
        text = path.read_text(encoding="utf-8")
        inspect = inspect_python if path.suffix == ".py" else inspect_text
        faults += [f"{path.relative_to(root)}:{line}: {sentence}" for line, sentence in inspect(path, text)]
    return faults


def list_files(root: Path) -> Iterator[Path]:
    """The files somebody wrote, in a steady order."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            written = not NOT_OURS & set(path.relative_to(root).parts)
            if written and path.is_file() and path.suffix in {".py", *TEXT_SUFFIXES}:
                yield path


def inspect_python(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The faults of one Python file, as line number and sentence."""
    length = len(text.splitlines())
    if length > MOST_FILE_LINES:
        yield 1, f"the file has {length} lines, {MOST_FILE_LINES} is the most: split it by verb"
    if VAGUE_NAMES & {path.stem, path.parent.name}:
        yield 1, "the module's name says nothing: name it after what it does"
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield error.lineno or 1, "this is not Python"
        return
    yield from inspect_comments(text)
    for node in ast.walk(tree):
        yield from inspect_node(node)


def inspect_comments(text: str) -> Iterator[tuple[int, str]]:
    """Unfinished words in comments, and suppressions that name no rule or give no reason."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if word := UNFINISHED_WORD.search(token.string):
            yield line, f"{word[0]} marks unfinished work: finish it"
        if found := SUPPRESSION.search(token.string):
            what = "noqa" if found["what"] == "noqa" else "type: ignore"
            if not REASONED[what].match(found["rest"]):
                yield line, f"`{what}` needs the rule's code and a reason"


def inspect_node(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The faults of one piece of syntax: a long function, an unwritten body, a test that does not run."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MOST_FUNCTION_LINES:
            yield node.lineno, f"{node.name} has {length} lines, {MOST_FUNCTION_LINES} is the most"
    elif isinstance(node, ast.Name) and node.id == "NotImplementedError":
        yield node.lineno, "NotImplementedError marks unfinished work: finish it, or make the class abstract"
    elif isinstance(node, ast.Attribute) and node.attr in UNRUN_TESTS and "pytest" in ast.unparse(node.value):
        yield node.lineno, f"pytest's {node.attr} leaves a test unrun: mend or remove the test"
    elif isinstance(node, ast.ImportFrom) and node.module == "pytest":
        yield node.lineno, "import pytest whole, so that what it is used for can be seen"


def inspect_text(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The faults of a template, script, style sheet or SQL file, as line number and sentence."""
    lines = text.splitlines()
    if "templates" in path.parts and len(lines) > MOST_TEMPLATE_LINES:
        yield 1, f"the template has {len(lines)} lines, {MOST_TEMPLATE_LINES} is the most: include parts"
    for number, line in enumerate(lines, start=1):
        if word := UNFINISHED_WORD.search(line):
            yield number, f"{word[0]} marks unfinished work: finish it"


if __name__ == "__main__":
    if faults := find_faults(ROOT):
        sys.exit("\n".join(faults))
