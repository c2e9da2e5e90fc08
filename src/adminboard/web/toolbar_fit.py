"""From which width a list's toolbar has room for its filters in one line; below it they fold into one button.

As with columns (`list_fit`), the style sheet decides by container queries; here the need is estimated from
the words, generously: folding a little early looks deliberate, wrapping looks broken.
"""

from collections.abc import Sequence

STEP_PX = 40
WIDEST_PX = 1800

_LETTER_PX = 7.2
_SEARCH_PX = 256
_CHIP_PX = 48
_LONGEST_CHIP_TEXT_PX = 260
_BUTTON_PX = 46
_BUTTON_WORD_PX = 60
_EXPORT_COUNT_PX = 60
_GAP_PX = 16


def round_up_px(width_px: int) -> int:
    """The next width that the style sheet has a rule for: steps of 40 px, up to 1,800."""
    return min(-(-width_px // STEP_PX) * STEP_PX, WIDEST_PX)


def toolbar_classes(
    chips: Sequence[str], texts: Sequence[str], buttons: int, *, has_search: bool, has_export: bool
) -> str:
    """The classes `collapse-N` (filters fold below N px) and `words-N` (buttons are icons alone below).

    `chips` are the words on the filters, `texts` what else stands in the line, `buttons` counts icon buttons.
    """
    needed_px = _SEARCH_PX if has_search else 0
    needed_px += sum(min(int(len(chip) * _LETTER_PX), _LONGEST_CHIP_TEXT_PX) + _CHIP_PX for chip in chips)
    needed_px += sum(int(len(text) * _LETTER_PX) + _GAP_PX for text in texts)
    needed_px += buttons * _BUTTON_PX
    words_px = buttons * _BUTTON_WORD_PX + (_EXPORT_COUNT_PX if has_export else 0)
    return f"collapse-{round_up_px(needed_px)} words-{round_up_px(needed_px + words_px)}"
