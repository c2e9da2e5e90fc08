import pytest

from adminboard.web.tones import tone_of


@pytest.mark.parametrize(
    ("word", "tone"),
    [
        ("answered", "green"),
        ("forwarded", "blue"),
        ("missed", "yellow"),
        ("voicemail", "grey"),
        ("error", "red"),
        ("active", "green"),
        ("trialing", "blue"),
        ("past_due", "yellow"),
        ("unpaid", "red"),
        ("canceled", "red"),
        ("paused", "grey"),
        ("confirmed", "green"),
        ("completed", "blue"),
        ("cancelled", "red"),
        ("no_show", "yellow"),
        ("paid", "green"),
        ("open", "blue"),
        ("draft", "grey"),
        ("void", "grey"),
        ("uncollectible", "red"),
        ("succeeded", "green"),
        ("pending", "yellow"),
        ("failed", "red"),
        ("processed", "green"),
        ("received", "blue"),
        ("processing", "blue"),
        ("ignored", "grey"),
        ("waiting", "yellow"),
        ("approved", "green"),
        ("rejected", "red"),
        ("grant", "green"),
        ("revoke", "red"),
        ("expired", "yellow"),
    ],
)
def test_each_status_has_the_designs_colour(word: str, tone: str) -> None:
    assert tone_of(word).tone == tone


def test_a_word_that_is_no_status_is_a_label() -> None:
    assert tone_of("Professional").tone == "brand"
