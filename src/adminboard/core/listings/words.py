"""The words that occur in a column, as options of a filter, without reading the table."""

from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.core.listings.filters import Option

MAX_WORDS = 200
TextColumn = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def list_words(session: Session, column: TextColumn) -> list[str]:
    """The different values of a column that leads an index, sorted, at most 200; never null.

    Jumps along the index from value to value, so the cost depends on their number, not on the table's length.
    """
    words = select(func.min(column).label("word")).cte("words", recursive=True)
    following = select(func.min(column)).where(column > words.c.word).scalar_subquery()
    words = words.union_all(select(following).where(words.c.word.is_not(None)))
    return list(session.scalars(select(words.c.word).where(words.c.word.is_not(None)).limit(MAX_WORDS)))


def words_of(
    column: TextColumn, describe: Callable[[str], str] = str
) -> Callable[[Session], Sequence[Option]]:
    """The values that occur in a column that leads an index, as the options of a `Choice`.

    ``describe`` gives the label of each. An empty word is none: a parameter cannot ask for it.
    """
    return lambda session: [Option(word, describe(word)) for word in list_words(session, column) if word]
