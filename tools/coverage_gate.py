"""Fail when tests leave too much of a queries or actions module unrun; silent when all is well."""

import json
import sys
from pathlib import Path
from typing import Any

LEAST_PERCENT = 80
GATED = {"queries.py", "actions.py"}


def find_shortfalls(report: dict[str, Any]) -> list[str]:
    """One sentence for each gated module of a coverage JSON report that is below the least percentage, or
    one where none was measured at all."""
    gated = {name: file for name, file in sorted(report["files"].items()) if Path(name).name in GATED}
    if not gated:
        return ["no queries and no actions were measured: look at what [tool.slipcover] leaves out"]
    sentences = []
    for name, measured in gated.items():
        percent = measured["summary"]["percent_covered"]
        if percent < LEAST_PERCENT:
            sentences.append(f"{name}: tests run {percent:.0f} % of it, and {LEAST_PERCENT} % is the least")
    return sentences


if __name__ == "__main__":
    if shortfalls := find_shortfalls(json.loads(Path(sys.argv[1]).read_text())):
        sys.exit("\n".join(shortfalls))
