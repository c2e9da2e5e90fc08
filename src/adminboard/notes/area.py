"""Staff notes on customers and calls."""

from adminboard.notes.actions import add_note, edit_note, remove_note, restore_note
from adminboard.notes.api import router
from adminboard.notes.listing import notes
from adminboard.notes.tab import customer_notes
from adminboard.notes.web import pages
from adminboard.web.area import Area

area = Area(
    name="notes",
    listings=[notes],
    record_tabs=[customer_notes],
    actions=[add_note, edit_note, remove_note, restore_note],
    pages=pages,
    api=router,
)
