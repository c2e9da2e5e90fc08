"""Listings: a list declared once gives its page, its fragments, its JSON and its CSV."""

from adminboard.core.listings.columns import Column, Sort
from adminboard.core.listings.filters import (
    Choice,
    DateRange,
    Filter,
    Flag,
    NumberRange,
    Option,
    Reference,
    TextPart,
)
from adminboard.core.listings.listing import NOW, BuiltInView, Detail, Listing, Noun, Tab
from adminboard.core.listings.search import Contains, ExactText, IdPrefix, Search

__all__ = [
    "NOW",
    "BuiltInView",
    "Choice",
    "Column",
    "Contains",
    "DateRange",
    "Detail",
    "ExactText",
    "Filter",
    "Flag",
    "IdPrefix",
    "Listing",
    "Noun",
    "NumberRange",
    "Option",
    "Reference",
    "Search",
    "Sort",
    "Tab",
    "TextPart",
]
