"""Builds the data set, starts floor and board, measures both in turn, prints one table, keeps the figures."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adminboard.demo.seed.plan import Size
from benchmarks.changes import adjustments, previews
from benchmarks.client import Client
from benchmarks.dataset import DataSet, opened_data_set
from benchmarks.exports import ExportResult, measure_exports
from benchmarks.measure import Alone, UnexpectedAnswer, gets, measure_alone, measure_together
from benchmarks.operations import Operation, operations
from benchmarks.places import find_places
from benchmarks.servers import Server, make_login, running_board, running_floor

REQUESTS = 100
"""At least so many for each operation, and each of its addresses four times."""
NEVER = Alone(inf, inf, 0, 0, inf)
RESULTS = Path(__file__).parent / "results"
console = Console(width=150)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the report. Throughputs are answers a second at eight connections."""

    operation: str
    board: Alone
    floor: Alone | None
    budget_ms: float
    ratio: float | None = None
    board_throughput: float | None = None
    floor_throughput: float | None = None
    share: float | None = None
    kept: bool = False
    slowest: str = ""
    """The address that took longest or did not answer, where the budget was not kept."""


def main() -> None:
    """The entry point: ``python -m benchmarks.run --size bench``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="default", choices=["default", *Size])
    parser.add_argument("--list", help="measure one list only, by its name")
    wanted = parser.parse_args()
    size = Size.BENCH if wanted.size == "default" else Size(wanted.size)
    with opened_data_set(size) as data, running_floor(data) as floor, running_board(data) as board:
        cookie = make_login(data)
        figures = measure_pages(data, floor, board, cookie, wanted.list)
        changes = {} if wanted.list else measure_changes(data, board)
        exports = [] if wanted.list else measure_exports(data, board, cookie)
        report(data, board, figures, changes, exports)


def measure_pages(data: DataSet, floor: Server, board: Server, cookie: str, only: str | None) -> list[Figure]:
    """Everything that shows something."""
    with data.connect() as connection:
        places = find_places(connection)
    with data.session() as session:
        asked = list(operations(session, places, only))
    return [_measure_one(item, floor, board, cookie) for item in asked]


def _measure_one(operation: Operation, floor: Server, board: Server, cookie: str) -> Figure:
    console.print(f"  {operation.name} …")
    requests = gets(operation.board, {"Cookie": cookie} | operation.headers)
    below = measure_alone(lambda: Client(floor.port), gets(operation.floor)) if operation.floor else None
    try:
        alone = measure_alone(lambda: Client(board.port), requests, max(REQUESTS, 4 * len(requests)))
    except UnexpectedAnswer as answer:
        return Figure(operation.name, NEVER, below, operation.budget_ms, slowest=str(answer))
    together = under = None
    if operation.share and operation.floor:
        under = measure_together(lambda: Client(floor.port), gets(operation.floor))
        together = measure_together(lambda: Client(board.port), requests)
    kept = alone.p95_ms <= operation.budget_ms
    if operation.share and together and under:
        kept = kept and together >= operation.share * under
    return Figure(
        operation.name,
        alone,
        below,
        operation.budget_ms,
        alone.p95_ms / below.p95_ms if below else None,
        together,
        under,
        operation.share,
        kept,
        "" if kept else f"{operation.board[alone.slowest]} ({alone.slowest_ms:.0f} ms)",
    )


def measure_changes(data: DataSet, board: Server) -> dict[str, float]:
    """Milliseconds and throughput of adjustments through REST."""
    with data.connect() as connection:
        user_ids = find_places(connection).user_ids

    def client() -> Client:
        return Client(board.port)

    return {
        "preview, p95 ms": measure_alone(client, previews(user_ids)).p95_ms,
        "confirm, p95 ms": measure_alone(client, adjustments(user_ids)).p95_ms,
        "adjustments a second, different users": measure_together(client, adjustments(user_ids)),
        "adjustments a second, one user": measure_together(client, adjustments(user_ids[:1])),
    }


def report(
    data: DataSet,
    board: Server,
    figures: list[Figure],
    changes: dict[str, float],
    exports: Sequence[ExportResult],
) -> None:
    """Prints the table and writes ``benchmarks/results/<time>-<size>.json``."""
    table = Table(title=f"{data.name}: one user, milliseconds; eight connections, answers a second")
    for heading in (
        "operation",
        "median",
        "p95",
        "budget",
        "floor p95",
        "ratio",
        "a second",
        "floor's",
        "KB",
        "",
    ):
        table.add_column(heading, justify="left" if heading == "operation" else "right")
    for figure in figures:
        table.add_row(
            figure.operation,
            f"{figure.board.median_ms:.1f}",
            f"{figure.board.p95_ms:.1f}",
            f"{figure.budget_ms:.0f}",
            f"{figure.floor.p95_ms:.1f}" if figure.floor else "",
            f"{figure.ratio:.1f}" if figure.ratio else "",
            f"{figure.board_throughput:.0f}" if figure.board_throughput else "",
            f"{figure.floor_throughput:.0f}" if figure.floor_throughput else "",
            f"{figure.board.kilobytes:.1f}",
            "ok" if figure.kept else "OVER",
        )
    console.print(table)
    for figure in figures:
        if figure.slowest:
            console.print(f"  {figure.operation}: {figure.slowest}", soft_wrap=True)
    for name, value in changes.items():
        console.print(f"  {name}: {value:.1f}")
    for export in exports:
        console.print(
            f"  export of {export.name}: {export.seconds:.1f} s for {export.megabytes:.0f} MB, "
            f"PostgreSQL's COPY of the same query {export.copy_seconds:.1f} s; "
            f"memory {export.peak_mb:.0f} MB (+{export.grown_mb:.0f}); "
            f"pages meanwhile, p95: {export.pages_meanwhile.p95_ms:.1f} ms",
            soft_wrap=True,
        )
    console.print(f"  ready after {board.ready_seconds:.1f} s")
    RESULTS.mkdir(exist_ok=True)
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M}-{data.name}.json"
    content = {
        "figures": [asdict(f) for f in figures],
        "changes": changes,
        "exports": [asdict(e) for e in exports],
    }
    (RESULTS / name).write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
