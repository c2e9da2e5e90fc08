"""Builds the data set, starts floor and board, measures both in turn, prints one table, keeps the figures."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adminboard.demo.seed.plan import Size
from benchmarks.changes import adjustments, previews
from benchmarks.client import Client
from benchmarks.dataset import DataSet, opened_data_set
from benchmarks.exports import ExportResult, measure_export
from benchmarks.measure import Alone, measure_alone, measure_together
from benchmarks.operations import Operation, operations
from benchmarks.places import find_places
from benchmarks.servers import Server, make_login, running_board, running_floor

RESULTS = Path(__file__).parent / "results"
console = Console(width=150)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the report. Throughputs are answers a second at eight connections."""

    operation: str
    board: Alone
    floor: Alone | None
    budget_ms: float
    ratio: float | None
    most_ratio: float | None
    board_throughput: float | None
    floor_throughput: float | None
    share: float | None
    kept: bool


def main() -> None:
    """The entry point: ``python -m benchmarks.run --size bench``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="default", choices=["default", *Size])
    wanted = parser.parse_args().size
    size = Size.BENCH if wanted == "default" else Size(wanted)
    with opened_data_set(size) as data, running_floor(data) as floor, running_board(data) as board:
        cookie = make_login(data)
        figures, changes, export = measure(data, floor, board, cookie)
        report(data, board, figures, changes, export)


def measure(
    data: DataSet, floor: Server, board: Server, cookie: str
) -> tuple[list[Figure], dict[str, float], ExportResult]:
    """All figures of one run."""
    with data.connect() as connection:
        places = find_places(connection)
        figures = [_measure_one(item, floor, board, cookie) for item in operations(places, connection)]
        changes = measure_changes(board, places.user_ids)
        return figures, changes, measure_export(data, board, cookie)


def _measure_one(operation: Operation, floor: Server, board: Server, cookie: str) -> Figure:
    console.print(f"  {operation.name} …")
    headers = {"Cookie": cookie}
    below = measure_alone(lambda: Client(floor.port), operation.floor) if operation.floor else None
    alone = measure_alone(lambda: Client(board.port, headers), operation.board)
    ratio = alone.p95_ms / below.p95_ms if below else None
    together = under = None
    if operation.share and operation.floor:
        under = measure_together(lambda: Client(floor.port), operation.floor)
        together = measure_together(lambda: Client(board.port, headers), operation.board)
    kept = alone.p95_ms <= operation.budget_ms
    if operation.share and together and under:
        kept = kept and together >= operation.share * under
    return Figure(
        operation.name,
        alone,
        below,
        operation.budget_ms,
        ratio,
        operation.ratio,
        together,
        under,
        operation.share,
        kept,
    )


def measure_changes(board: Server, user_ids: Sequence[str]) -> dict[str, float]:
    """Milliseconds and throughput of adjustments through REST."""

    def client() -> Client:
        return Client(board.port)

    return {
        "preview, p95 ms": measure_alone(client, previews(user_ids)).p95_ms,
        "confirm, p95 ms": measure_alone(client, adjustments(user_ids)).p95_ms,
        "adjustments a second, different users": measure_together(client, adjustments(user_ids)),
        "adjustments a second, one user": measure_together(client, adjustments(user_ids[:1])),
    }


def report(
    data: DataSet, board: Server, figures: list[Figure], changes: dict[str, float], export: ExportResult
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
    for name, value in changes.items():
        console.print(f"  {name}: {value:.1f}")
    console.print(f"  export of all users: {export.seconds:.1f} s for {export.megabytes:.0f} MB")
    console.print(f"  PostgreSQL's COPY of the same query: {export.copy_seconds:.1f} s")
    console.print(f"  memory meanwhile: {export.peak_mb:.0f} MB (+{export.grown_mb:.0f})")
    console.print(f"  pages meanwhile, p95: {export.pages_meanwhile.p95_ms:.1f} ms")
    console.print(f"  ready after {board.ready_seconds:.1f} s")
    RESULTS.mkdir(exist_ok=True)
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M}-{data.name}.json"
    content = {"figures": [asdict(f) for f in figures], "changes": changes, "export": asdict(export)}
    (RESULTS / name).write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
