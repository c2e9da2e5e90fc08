"""Names of people from many countries, taken from faker's lists."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import accumulate
from typing import Any

from adminboard.demo.seed.draw import Draw, Weighted

LOCALES = Weighted(
    {
        "en_US": 52, "es_MX": 10, "en_GB": 6, "en_IN": 5, "de_DE": 3, "fr_FR": 3, "it_IT": 2, "pt_BR": 2,
        "nl_NL": 1, "sv_SE": 1, "tr_TR": 1, "id_ID": 1, "zh_CN": 2, "ko_KR": 1, "ja_JP": 1, "ru_RU": 1,
        "uk_UA": 0.7, "el_GR": 0.6, "hi_IN": 0.8, "ta_IN": 0.5, "th_TH": 0.5, "ka_GE": 0.2, "hy_AM": 0.2,
        "ar_AA": 1.2, "he_IL": 0.7, "fa_IR": 0.6,
    }
)  # fmt: skip
FAMILY_NAME_FIRST = {"zh_CN": "{last}{first}", "ko_KR": "{last}{first}", "ja_JP": "{last} {first}"}
ODD_NAMES = (
    "Zoë 🌟 Marsh", "José 🌵 Ibarra", "Kit 👩🏽‍🔧 Duarte", "D'Arcy O'Neill-Ó Súilleabháin", "X Æ", "李",
    "Robert <b>Bold</b> Tables", "=SUM(A1:A9) Fields", "+Ana Plus", "@nguyen", 'Ike "Spud" Malone',
    "null", "Ω", "Ms. Prudence  Doublespace", "Søren\u00a0Ångström", "Back\\slash Percent % Under_score",
    "عبد الرحمن Smith", "Ludwig Wittelsbach von und zu Hohenschwangau-Neuschwanstein " * 4,
)  # fmt: skip
ODD_NAME_PROBABILITY = 0.002


@dataclass(frozen=True, slots=True)
class PersonName:
    first: str
    last: str
    full: str
    ascii: str
    """What an e-mail address makes of it: lower case, dots between words."""


@dataclass(frozen=True, slots=True)
class NameList:
    names: list[str]
    bounds: list[float]

    def pick(self, draw: Draw) -> str:
        return draw.choices(self.names, cum_weights=self.bounds)[0]


@cache
def load_names(locale: str, kinds: tuple[str, ...]) -> NameList:
    """The first of these lists of a locale that there is. Names are as common as faker says, or all alike."""
    provider: Any = import_module(f"faker.providers.person.{locale}").Provider
    listed: Iterable[str] | Mapping[str, float] = next(
        names for kind in kinds if len(names := getattr(provider, kind, ())) > 1
    )
    weights = (
        dict(listed) if isinstance(listed, Mapping) else dict.fromkeys(sorted(set(listed), key=str), 1.0)
    )
    return NameList(list(weights), list(accumulate(weights.values())))


def draw_name(draw: Draw) -> PersonName:
    """A person of any country; rarely one whose name no form expects."""
    if draw.happens(ODD_NAME_PROBABILITY):
        full = draw.one_of(ODD_NAMES)
        first = full.split()[0]
        return PersonName(first, full.split()[-1], full, _ascii(f"{first} odd"))
    locale = LOCALES.pick(draw)
    first = load_names(locale, ("first_names", "first_names_male")).pick(draw)
    last = load_names(locale, ("last_names", "last_names_male")).pick(draw)
    full = FAMILY_NAME_FIRST.get(locale, "{first} {last}").format(first=first, last=last)
    ascii_name = _ascii(f"{first} {last}")
    if len(ascii_name) < 4:
        nickname = load_names("en_US", ("first_names",)).pick(draw)
        ascii_name = _ascii(f"{nickname} {draw.token(3)}")
    return PersonName(first, last, full, ascii_name)


def draw_american_name(draw: Draw) -> tuple[str, str]:
    """A first and a last name."""
    return load_names("en_US", ("first_names",)).pick(draw), load_names("en_US", ("last_names",)).pick(draw)


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in decomposed).split()
    return ".".join(words)[:60]
