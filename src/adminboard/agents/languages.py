"""The languages agents speak, in words."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=500)
def describe_language(code: str) -> str:
    """A code like "es-US" as "Spanish (United States)"; what is no code as it is."""
    try:
        name = Locale.parse(code, sep="-").get_display_name("en")
    except (ValueError, UnknownLocaleError):
        return code
    return name or code
