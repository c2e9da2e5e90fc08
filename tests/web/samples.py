"""View models as a page builder would make them, for drawing every template without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from sqlalchemy import null

from adminboard.core.listings import Column
from adminboard.web.form_view import (
    ChangeView,
    FactView,
    FieldKind,
    FieldView,
    FormView,
    PreviewView,
    ToastView,
    WarningView,
)
from adminboard.web.list_fit import COLUMN_WIDTHS_PX, fit_columns
from adminboard.web.list_rows import ListRows, prepare_columns
from adminboard.web.list_view import (
    Align,
    CardsView,
    CardView,
    CellKind,
    ColumnChoiceView,
    CountView,
    DetailView,
    EmptyView,
    FilterKind,
    FilterView,
    HeaderView,
    HiddenView,
    LinkView,
    ListView,
    OptionView,
    RecordChipView,
    SavedViewView,
    SearchView,
    SortDirection,
)

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

_COLUMNS = (
    ("email", "Email", CellKind.EMAIL, 1),
    ("full_name", "Name", CellKind.TEXT, 2),
    ("plan", "Plan", CellKind.BADGE, 2),
    ("status", "Status", CellKind.BADGE, 2),
    ("created_at", "Created", CellKind.DATETIME, 3),
    ("credits", "Credits", CellKind.CREDITS, 1),
    ("calls", "Calls 30 d", CellKind.NUMBER, 3),
    ("last_login", "Last login", CellKind.RELATIVE, 3),
)
_FIGURES = {CellKind.CREDITS, CellKind.NUMBER}
_NAMES = (
    *(
        "Amelia Smith",
        "Noah Smithson",
        "Olivia Blacksmith",
        "Liam Smith",
        "Emma Goldsmith",
        "Ava Smith-Jones",
    ),
    *("William Smith", "Sophia Smithe", "James Naismith", "Isabella Smith", "Benjamin Smith", "Mia Smith"),
    *("Lucas Aerosmith", "Charlotte Smith", "Henry Smith", "Evelyn Smith", "Jack Smith", HOSTILE),
)
_BALANCES = ("45.50", "0.00", "312.75", "-4.20", "12.00", "1288.10", "5.00")


def make_headers() -> list[HeaderView]:
    """The Users list's columns, sorted by their creation."""
    headers = [
        HeaderView(
            name=name,
            label=label,
            align=Align.END if kind in _FIGURES else Align.START,
            priority=priority,
            width_px=COLUMN_WIDTHS_PX[kind],
            sort_url=f"/users?sort={name}",
            sorted=SortDirection.DESCENDING if name == "created_at" else None,
        )
        for name, label, kind, priority in _COLUMNS
    ]
    return fit_columns(headers)


def make_columns() -> list[Column]:
    """The same columns as a listing declares them."""
    return [Column(label, null(), key=name, cell=kind.value) for name, label, kind, _ in _COLUMNS]


def make_row(index: int) -> Any:
    """One user; every seventh is in debt, every fifth inactive, some have never logged in."""
    name = _NAMES[index % len(_NAMES)]
    status = "inactive" if index % 7 == 5 else "active"
    word = (
        "".join(letter if letter.isalpha() else "." for letter in name.lower())
        .replace("..", ".")[:24]
        .strip(".")
    )
    values: list[object] = [
        f"{word}@{('northwind', 'acme', 'globex', 'initech')[index % 4]}.example",
        name,
        ("Professional", "Scale", "Growth", "Trial")[index % 4],
        status,
        NOW - timedelta(days=index, hours=4),
        Decimal(_BALANCES[index % 7]),
        index * 37 % 190,
        None if index % 5 == 3 else NOW - timedelta(hours=2 * index + 1),
    ]
    names = [name for name, *_ in _COLUMNS]
    return SimpleNamespace(key=index, **dict(zip(names, values, strict=True)))


def make_rows(count: int, headers: list[HeaderView], selected: int | None = None) -> ListRows:
    """The first users, one of them open."""
    return ListRows(
        prepare_columns(make_columns(), headers),
        [make_row(index) for index in range(count)],
        "/users?selected=",
        None if selected is None else str(selected),
    )


def make_filters() -> list[FilterView]:
    """One of each kind, the first in force."""
    plans = [
        OptionView("professional", "Professional", selected=True),
        OptionView("scale", "Scale", selected=True),
        OptionView("growth", "Growth"),
        OptionView("trial", "Trial"),
    ]
    yes_no = [OptionView("", "any", selected=True), OptionView("yes", "Yes"), OptionView("no", "No")]
    return [
        FilterView(
            "plan",
            "Plan",
            FilterKind.CHOICE,
            plans,
            summary="Professional, Scale",
            remove_url="/users?q=smith",
        ),
        FilterView("status", "Status", FilterKind.CHOICE, [OptionView("active", "Active")]),
        FilterView(
            "created",
            "Signed up",
            FilterKind.DATE_RANGE,
            name_from="created_from",
            name_to="created_to",
            presets=[LinkView("Last 7 days", "/users?created_from=2026-11-13")],
        ),
        FilterView(
            "calls", "Calls", FilterKind.NUMBER_RANGE, name_from="calls_min", name_to="calls_max", unit="30 d"
        ),
        FilterView("override", "Has override", FilterKind.FLAG, yes_no, multiple=False),
    ]


def make_list(*, rows: int = 50, selected: int | None = None, filtered: bool = True) -> ListView:
    """The Users list with everything a list can have."""
    headers = make_headers()
    detail = (
        DetailView("user", "/users?q=smith", html=Markup("<h2>Amelia Smith</h2>"))
        if selected is not None
        else None
    )
    return ListView(
        title="Users",
        noun_singular="user",
        noun_plural="users",
        path="/users",
        refresh_url="/users?q=smith",
        count=CountView("over 10,000 users", "/users?count=exact") if rows else CountView("0 users"),
        headers=headers,
        rows=make_rows(rows, headers, selected),
        empty=EmptyView("No users match", "Nothing matches the search and filters. Widen or clear them."),
        search=SearchView("smith" if filtered else "", "Name, email or id", name="q"),
        filters=make_filters(),
        state=[HiddenView("sort", "-created_at")],
        clear_url="/users" if filtered else None,
        sizes=[LinkView(str(size), f"/users?limit={size}", active=size == 50) for size in (25, 50, 100)],
        next_url="/users?cursor=abc" if rows else None,
        columns=[
            ColumnChoiceView(name, label, shown=True, locked=name == "email") for name, label, *_ in _COLUMNS
        ],
        column_state=[HiddenView("q", "smith")],
        default_columns_url="/users",
        views=[
            SavedViewView("Top callers", "/users?sort=-calls"),
            SavedViewView("Mine", "/users", True, "/views/1"),
        ],
        save_view_url="/views/users",
        export_url="/users/export.csv",
        detail=detail,
        query="q=smith",
    )


def make_cards() -> CardsView:
    """Three figures, one with a link and a tone, one yet to come."""
    cards = [
        CardView("Total", "12,480"),
        CardView("In debt", "17", hint="of 1,247", tone="error", url="/credits?debt=yes"),
        CardView("Growing", None),
    ]
    return CardsView(cards, "/users/cards?q=smith", "/users?q=smith&cards=shown", id="cards-1")


def make_form(*, wrong: bool = False) -> FormView:
    """A form with one field of each kind; `wrong` gives each its sentence."""
    fields = [
        FieldView(
            name=kind.value,
            label=kind.value.capitalize(),
            kind=kind,
            value={FieldKind.DECIMAL: "12.345", FieldKind.DATETIME: "2026-12-01T14:30"}.get(kind, HOSTILE),
            error=f"The {kind.value} is not right." if wrong else None,
            hint="Time zone: America/Los_Angeles." if kind is FieldKind.DATETIME else None,
            required=kind is not FieldKind.DATETIME,
            options=[OptionView("adjustment", "Adjustment"), OptionView("refund", "Refund")],
            presets=[OptionView("2026-12-20T10:30", "30 days")] if kind is FieldKind.DATETIME else (),
            search_url="/users/picker" if kind is FieldKind.USER else None,
            max_length=500 if kind is FieldKind.TEXTAREA else None,
            prefix="$" if kind is FieldKind.DECIMAL else None,
        )
        for kind in FieldKind
    ]
    return FormView(
        title="Adjust credits",
        subject="Amelia Smith, Northwind Plumbing",
        action_url="/actions/credits.adjust/preview",
        preview_url="/actions/credits.adjust/live",
        submit_label="Preview",
        fields=fields,
        csrf_token="token",
        back_url="/credits",
        error="The balance changed meanwhile." if wrong else None,
    )


def make_preview(*, destructive: bool = False) -> PreviewView:
    """A large adjustment, to be acknowledged."""
    return PreviewView(
        title="Adjust credits",
        subject="Amelia Smith, Northwind Plumbing",
        action_url="/actions/credits.adjust",
        back_url="/actions/credits.adjust/preview?back=1",
        cancel_url="/users",
        confirm_label="Add $150.00",
        token="signed",
        idempotency_key="key",
        csrf_token="token",
        changes=[
            ChangeView("Balance", "$45.50", "$195.50", "+$150.00", "green"),
            ChangeView("Expires", "never", "2026-12-01"),
        ],
        facts=[FactView("Type", "Adjustment"), FactView("Reason", "Goodwill for the outage on 18 November")],
        warnings=[
            WarningView(
                "large", "More than $100. I checked the amount.", "Large adjustment.", must_acknowledge=True
            ),
            WarningView("note", "The user is told by email."),
        ],
        needs_approval="Above $1,000 somebody else has to approve." if destructive else None,
        destructive=destructive,
        hidden=[HiddenView("amount", "150.00")],
    )


def make_toast() -> ToastView:
    """What an adjustment says, with its Undo."""
    return ToastView("Added $150.00 to Amelia Smith", "Balance $195.50", undo_url="/undo/1")


def with_hostile_text(view: ListView) -> ListView:
    """The same list with hostile text wherever an admin or a customer could have put some."""
    return replace(
        view,
        search=SearchView(HOSTILE, HOSTILE, name="q"),
        query=HOSTILE,
        error=HOSTILE,
        records=[RecordChipView("customer", HOSTILE, HOSTILE, "/users")],
        scrolls=True,
        views=[SavedViewView(HOSTILE, "/users", delete_url="/views/1")],
    )
