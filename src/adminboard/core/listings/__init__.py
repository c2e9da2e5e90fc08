"""Listings: a list declared once gives its page, its fragments, its JSON and its CSV."""

from adminboard.core.listings.columns import Column, Sort
from adminboard.core.listings.filters import Choice, Filter, Flag, Option, Probe, Reference, TextPart
from adminboard.core.listings.full_text import FullText
from adminboard.core.listings.listing import NOW, BuiltInView, Card, Detail, Listing, Noun, Tab, Ticked
from adminboard.core.listings.phone_search import PhoneNumber, PhonePart
from adminboard.core.listings.picks import Owned, Pick, Records
from adminboard.core.listings.ranges import COMING_DAYS, PAST_DAYS, DatePreset, DateRange, NumberRange
from adminboard.core.listings.search import Contains, ExactText, IdPrefix, Search
from adminboard.core.listings.words import words_of

__all__ = [
    "COMING_DAYS",
    "NOW",
    "PAST_DAYS",
    "BuiltInView",
    "Card",
    "Choice",
    "Column",
    "Contains",
    "DatePreset",
    "DateRange",
    "Detail",
    "ExactText",
    "Filter",
    "Flag",
    "FullText",
    "IdPrefix",
    "Listing",
    "Noun",
    "NumberRange",
    "Option",
    "Owned",
    "PhoneNumber",
    "PhonePart",
    "Pick",
    "Probe",
    "Records",
    "Reference",
    "Search",
    "Sort",
    "Tab",
    "TextPart",
    "Ticked",
    "words_of",
]
