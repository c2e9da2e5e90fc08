"""The timeline as a tab of the customer's page."""

from adminboard.customers.timeline.view import make_timeline_view
from adminboard.web.record_page import TemplateTab

timeline_tab = TemplateTab(
    page="customer",
    label="Timeline",
    path="timeline",
    order=70,
    load=make_timeline_view,
    template="customers/timeline.html",
    parts={"timeline": "customers/timeline.html"},
)
