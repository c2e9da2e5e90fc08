"""The guide: how people do their jobs with the board, read inside it."""

from adminboard.guide.web import pages
from adminboard.web.area import Area, HelpPage

area = Area(name="guide", pages=pages, help_pages=[HelpPage("export", "Export a list")])
