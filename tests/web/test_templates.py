import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment

from adminboard.web import formatting
from adminboard.web.area import HelpPage, Hit
from adminboard.web.form_view import ChangeView
from adminboard.web.page_context import ShownGroup, ShownItem, ShownPlace
from adminboard.web.render import environment
from adminboard.web.search_page import HitGroup
from tests.web.samples import (
    HOSTILE,
    NOW,
    make_cards,
    make_form,
    make_list,
    make_preview,
    make_toast,
    with_hostile_text,
)

USERS = ShownItem("Users", "/users", "users", active=True, count_id="count-users", count=2, tone=None)
BOARD = SimpleNamespace(
    environment=SimpleNamespace(name="staging", tone="warning"),
    theme="auto",
    help_pages=(HelpPage("refund", "Refund a payment", ("/billing",)),),
    help_here=HelpPage("refund", "Refund a payment", ("/billing",)),
    csrf_token="token",
    version="1.0",
    actor=SimpleNamespace(name="b@aicallgo.test", role="billing", time_zone="UTC", initials="B"),
    navigation=(ShownGroup("Customers", (USERS,)),),
    place=ShownPlace("Customers"),
    toasts=(make_toast(),),
)
ERROR = SimpleNamespace(status=409, title="Not possible", detail="The balance has changed meanwhile.")
GROUPS = [HitGroup("Users", [Hit("A", "b", "/u", "user")], "/users?q=a"), HitGroup("Calls", [])]
PAGES: dict[str, dict[str, Any]] = {
    "ui/list.html": {"list": replace(make_list(selected=0), cards=make_cards())},
    "ui/list_body.html": {"list": make_list(rows=0)},
    "ui/detail.html": {"detail": make_list(selected=0).detail},
    "ui/action_form.html": {"form": make_form()},
    "ui/action_form_body.html": {"form": make_form(wrong=True)},
    "ui/action_preview.html": {"preview": make_preview()},
    "ui/action_preview_body.html": {"preview": make_preview(destructive=True)},
    "ui/action_done.html": {"toast": make_toast(), "csrf_token": "token", "counts": {"count-users": 3}},
    "ui/error_page.html": {"error": ERROR, "request_id": "abc"},
    "ui/error_panel.html": {"error": ERROR, "request_id": "abc", "retry_url": "/u", "retry_target": "this"},
    "ui/search_results.html": {"groups": GROUPS, "query": "a"},
    "ui/search_page.html": {"groups": [], "query": HOSTILE},
    "ui/skeleton.html": {},
    "ui/empty.html": {"empty": make_list(rows=0).empty, "clear_url": "/users"},
}


@pytest.fixture(scope="module")
def templates() -> Environment:
    return environment()


class ElementCollector(HTMLParser):
    """Collects each element's name and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def list_elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    collector = ElementCollector()
    collector.feed(html)
    return collector.elements


def draw(templates: Environment, name: str, **context: Any) -> str:
    with formatting.displaying("America/Los_Angeles", NOW):
        return templates.get_template(name).render(board=BOARD, **context)


@pytest.mark.parametrize("name", PAGES)
def test_every_template_draws_with_all_its_values(templates: Environment, name: str) -> None:
    assert draw(templates, name, **PAGES[name]).strip()


@pytest.mark.parametrize("name", PAGES)
def test_no_template_needs_what_the_content_security_policy_forbids(
    templates: Environment, name: str
) -> None:
    elements = list_elements(draw(templates, name, **PAGES[name]))

    names = {attribute for _, attributes in elements for attribute in attributes}
    assert not [name for name in names if name == "style" or name.startswith(("on", "hx-on"))]
    assert "style" not in {tag for tag, _ in elements}
    assert all("src" in attributes for tag, attributes in elements if tag == "script")


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_on_every_page(templates: Environment, name: str) -> None:
    ids = re.findall(r'\sid="([^"]*)"', draw(templates, name, **PAGES[name]))

    assert sorted(set(ids)) == sorted(ids)


def test_hostile_text_is_text(templates: Environment) -> None:
    pages = [
        draw(templates, "ui/list.html", list=with_hostile_text(make_list())),
        draw(templates, "ui/action_form_body.html", form=make_form(wrong=True)),
        draw(templates, "ui/search_page.html", groups=[], query=HOSTILE),
    ]

    for html in pages:
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_a_wrong_field_keeps_what_was_typed_and_says_what_is_wrong_beside_it(templates: Environment) -> None:
    html = draw(templates, "ui/action_form_body.html", form=make_form(wrong=True))

    assert 'value="12.345"' in html
    assert 'aria-invalid="true" aria-describedby="error-decimal"' in html
    assert re.search(r'id="error-decimal">.*The decimal is not right\.', html)


def test_a_warning_has_to_be_ticked(templates: Environment) -> None:
    html = draw(templates, "ui/action_preview_body.html", preview=make_preview())

    assert re.search(r'<input[^>]*name="acknowledged" value="large" required', html)
    assert "The user is told by email." in html


def test_words_before_and_after_stand_above_each_other(templates: Environment) -> None:
    ends = ChangeView("Ends on", "Monday, 7 December 2026", "Monday, 14 December 2026")
    preview = replace(make_preview(), changes=[ends])

    assert 'class="change-main change-words"' in draw(
        templates, "ui/action_preview_body.html", preview=preview
    )
    assert 'class="change-main"' in draw(templates, "ui/action_preview_body.html", preview=make_preview())


def test_enter_never_confirms_what_is_destructive(templates: Environment) -> None:
    html = draw(templates, "ui/action_preview_body.html", preview=make_preview(destructive=True))

    first_submit = re.search(r'<button type="submit"[^>]*>', html)
    assert first_submit is not None
    assert " disabled" in first_submit[0]
    assert "btn-danger" in html


def test_a_page_posts_its_forms_without_htmx(templates: Environment) -> None:
    assert (
        "hx-post"
        not in draw(templates, "ui/action_form.html", form=make_form())
        .partition("<main")[2]
        .partition("</main")[0]
    )
    assert "hx-post" in draw(templates, "ui/action_form_body.html", form=make_form())


def test_the_selected_row_and_the_sorted_column_are_told_to_screen_readers(templates: Environment) -> None:
    html = draw(templates, "ui/list.html", list=make_list(selected=2))

    assert html.count('aria-current="true">') >= 1
    assert html.count('aria-sort="descending"') == 1
    assert "<caption" in html


def test_an_empty_list_says_what_to_do(templates: Environment) -> None:
    html = draw(templates, "ui/list_body.html", list=make_list(rows=0))

    assert "Widen or clear them." in html
    assert ">Clear the filters</a>" in html
    assert "<table" not in html
