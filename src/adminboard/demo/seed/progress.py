"""How far the seed is: a bar on a terminal, plain lines anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Advance = Callable[[int], None]
LINES_EACH = 5
"""How many plain lines a long step prints on its way."""
LONG_STEP = 1_000_000
NAME_WIDTH = 9


class SeedProgress:
    """Steps, one after the other, each with a number of things to do."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, name: str, total: int, *, unit: str = "") -> Iterator[Advance]:
        """Gives a function to call with how much has been done since. Without a unit it shows the part."""
        if not self._console.is_terminal:
            yield self._print_lines(name, total, unit)
            return
        shown = "{task.completed:,.0f} of {task.total:,.0f} " + unit if unit else "{task.percentage:.0f}%"
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn(shown),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
        ) as bar:
            yield _advancing(bar, bar.add_task(name.ljust(NAME_WIDTH), total=total), total)

    def say(self, sentence: str) -> None:
        self._console.print(sentence, highlight=False)

    def _print_lines(self, name: str, total: int, unit: str) -> Advance:
        self.say(f"{name} …")
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            before, done = done, done + count
            part = max(total // LINES_EACH, 1)
            if total >= LONG_STEP and before // part < done // part and done < total:
                self.say(
                    f"{name}: {done:,} of {total:,} {unit}" if unit else f"{name}: {done * 100 // total}%"
                )

        return advance


def _advancing(bar: Progress, task: TaskID, total: int) -> Advance:
    """Never beyond the total, which is an estimate."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done = min(done + count, total)
        bar.update(task, completed=done)

    return advance
