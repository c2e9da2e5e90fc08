"""People at browsers: each with a browser of their own, watched while they use the board."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page

from adminboard.core.permissions import Role
from tests.e2e.serving import ServedBoard
from tests.e2e.watching import Watch

TIMEOUT_MS = 15_000
SMALL = (1280, 720)
LARGE = (1920, 1080)


@dataclass
class Visitors:
    """Opens browsers that share nothing with each other. All are watched until the test has ended."""

    board: ServedBoard
    chromium: Browser
    _stack: ExitStack
    watches: list[Watch] = field(default_factory=list)

    def open_page(
        self,
        role: Role | None = None,
        *,
        size: tuple[int, int] = SMALL,
        theme: str = "light",
        script: bool = True,
    ) -> Page:
        """A page of a new browser; logged in, in a session of its own, where a role is named."""
        context = self.chromium.new_context(
            base_url=self.board.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        self._stack.callback(context.close)
        context.set_default_timeout(TIMEOUT_MS)
        self.watches.append(Watch(context))
        if role is not None:
            self.log_in(context, role)
        return context.new_page()

    def log_in(self, context: BrowserContext, role: Role) -> None:
        context.add_cookies([self.board.cookie_of(self.board.get_person(role))])

    def assert_nothing_went_wrong(self) -> None:
        """None of the browsers may have seen anything go wrong since this was last asked."""
        problems = [problem for watch in self.watches for problem in watch.take_problems()]
        assert not problems, "\n".join(problems)

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """For the length of the block browsers may report that the server answered with these."""
        with ExitStack() as stack:
            for watch in self.watches:
                stack.enter_context(watch.expecting(*statuses))
            yield


@contextmanager
def watched_visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    """Visitors of a board. At the end of the block none of their browsers may have seen anything go wrong."""
    with ExitStack() as stack:
        visitors = Visitors(board, chromium, stack)
        yield visitors
        visitors.assert_nothing_went_wrong()
