"""``adminboard doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from adminboard.cli_runtime import EXIT_REFUSED, command_actor
from adminboard.doctor.examination import examine
from adminboard.doctor.findings import Finding, Level, error
from adminboard.runtime import open_runtime
from adminboard.settings import SettingsError, load_settings

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
console = Console(soft_wrap=True, highlight=False)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False) -> None:
    """Examine settings, database and what the board speaks to. Changes nothing; exits with 1 on an error."""
    findings = find_everything()
    if as_json:
        typer.echo(json.dumps({"healthy": is_healthy(findings), "findings": [asdict(f) for f in findings]}))
    else:
        _print(findings)
    if not is_healthy(findings):
        raise typer.Exit(EXIT_REFUSED)


def find_everything() -> list[Finding]:
    """What the environment and all it leads to are like."""
    try:
        settings = load_settings()
    except SettingsError as problem:
        advice = "Set it as the table in README.md says; nothing else can be examined before."
        return [error("settings", line, advice) for line in str(problem).splitlines()]
    opening = partial(open_runtime, settings, application_name="adminboard doctor", traced=False)
    return examine(settings, opening, command_actor())


def is_healthy(findings: Sequence[Finding]) -> bool:
    return all(finding.level is not Level.ERROR for finding in findings)


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings:
        advice = f" → {finding.advice}" if finding.advice else ""
        level = (f"{finding.level.value:<8}", STYLES[finding.level])
        console.print(Text.assemble(level, f"{finding.check:<15}{finding.found}{advice}"))
    counts = Counter(finding.level for finding in findings)
    errors, warnings = _count(counts[Level.ERROR], "error"), _count(counts[Level.WARNING], "warning")
    console.print(f"{errors}, {warnings}, {counts[Level.OK]} ok.")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
