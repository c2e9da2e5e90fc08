"""Full text as a source of a search: words anywhere in long texts, by a GIN index over their vector.

What people type is read as search engines read it: all words must occur, ``"…"`` holds words together,
``or`` takes either side, ``-`` leaves out (PostgreSQL's `websearch_to_tsquery`). Anything may be typed; what
is no question to the index (stop words only, only words to leave out, single letters) finds nothing.

A word and its forms are the same ("leaking" finds "leaks"), by the rules of the configuration's language;
words of other languages are found as they are written.

Readers who see personal data masked never search texts, or they would learn them word by word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, func, literal_column

from adminboard.core.listings.columns import AnySelect
from adminboard.core.listings.search import SearchSource

MARK_START, MARK_END = "\x02", "\x03"
"""Stand around each found word in a marked text. They are taken out of the text itself before."""
_SHORTEST_WORD = re.compile(r"\w\w")
_MINUS_SIGNS = r"(-\s*){2,}"
_MARKING = f"HighlightAll=true, StartSel={MARK_START}, StopSel={MARK_END}"


@dataclass(frozen=True, eq=False)
class FullText(SearchSource):
    """The texts behind ``vector``, which must be spelled as the index spells it.

    ``configuration`` is the index's too. ``marked`` names the listing's columns in which found words are
    marked; each is one of the texts.
    """

    vector: ColumnElement[Any]
    configuration: str = "english"
    marked: Sequence[str] = ()
    through: AnySelect | None = None
    slow_to_check: ClassVar[bool] = True

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        if exact or not _SHORTEST_WORD.search(term):
            return None
        question = self.read(term)
        # Both are settled before any row is looked at. Without the first, only words to leave out ("-leak")
        # would be a walk through the whole index.
        return and_(func.querytree(question).not_in(("", "T")), self.vector.bool_op("@@")(question))

    @property
    def marks(self) -> Sequence[str]:
        return self.marked

    def read(self, term: str | ColumnElement[str]) -> ColumnElement[Any]:
        """The term as a question to texts. Of many minus signs in a row, which it would refuse, one stays."""
        return func.websearch_to_tsquery(
            self._configuration, func.regexp_replace(term, _MINUS_SIGNS, "-", "g")
        )

    def mark(self, text: ColumnElement[Any], term: str | ColumnElement[str]) -> ColumnElement[Any]:
        """The whole of a text with the words that the term finds between `MARK_START` and `MARK_END`."""
        clean = func.translate(text, MARK_START + MARK_END, "")
        return func.ts_headline(self._configuration, clean, self.read(term), _MARKING)

    @property
    def _configuration(self) -> ColumnElement[Any]:
        return literal_column(f"'{self.configuration}'::regconfig")
