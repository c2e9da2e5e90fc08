"""All overrides across users: content, filters, order, paging, panel, export, API, emptiness, queries."""

import pytest

from adminboard.core.permissions import Permission, Role
from adminboard.entitlements.models import UserFeatureOverride
from tests.clients import BoardUnderTest, recorded_queries
from tests.entitlements.standing import DAY, Standing
from tests.factories import START
from tests.pages import Page

PATH = "/entitlements/overrides"
API = "/v1/admin"


@pytest.fixture(scope="module")
def otto(board: BoardUnderTest, jane: Standing) -> Standing:
    """Without a plan: a revoke for ever, and a grant that has just expired."""
    with board.rows() as session:
        otto = Standing(session, "otto")
        otto.override(otto.included, has_access=False, created_at=START - 2 * DAY)
        otto.override(otto.extra, expires_at=START, created_at=START - 3 * DAY)
    return otto


def get(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def names(page: Page) -> list[tuple[str, str, str]]:
    return [(row["Feature"], row["Access"], row["User"].partition("@")[0]) for row in page.rows]


def test_the_bare_address_shows_those_in_force_newest_first(board: BoardUnderTest, otto: Standing) -> None:
    page = get(board)
    assert names(page) == [
        ("Call recording", "grant", "jane"),
        ("Transcripts", "grant", "jane"),
        ("Transcripts", "revoke", "otto"),
    ]
    assert page.rows[0]["Expires"] == "2026-01-16 04:00 PST"
    assert page.rows[1]["Expires"] == "Never"
    assert {row["Notes"] for row in page.rows} == {"Asked for it"}, "without who and when"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("sort=-created_at", ["jane", "jane", "otto", "otto"]),
        ("expired=yes", ["otto"]),
        ("expired=no&sort=created_at", ["otto", "jane", "jane"]),
        ("soon=yes", ["jane"]),
        ("soon=no", ["jane", "otto", "otto"]),
        ("redundant=yes", ["jane"]),
        ("redundant=no", ["jane", "otto", "otto"]),
        ("access=revoke", ["otto"]),
        ("access=grant", ["jane", "jane", "otto"]),
        ("feature=transcripts", ["jane", "otto"]),
        ("q=otto", ["otto", "otto"]),
        ("user=otto@example.com", ["otto", "otto"]),
        ("expires=next7d", ["jane", "otto"]),
        ("created_to=2026-01-12", ["otto"]),
        ("q=nobody", []),
    ],
)
def test_filters_search_and_order(
    board: BoardUnderTest, otto: Standing, query: str, shown: list[str]
) -> None:
    rows = get(board, f"{query}&columns=email&columns=feature").rows
    assert [row.get("User", "otto").partition("@")[0] for row in rows] == shown


def test_by_expiry_those_without_come_last_on_every_page(board: BoardUnderTest, otto: Standing) -> None:
    program = board.program(Permission.ENTITLEMENTS_READ, Permission.PERSONAL_READ)
    found, address = [], f"{API}/overrides?sort=expires_at&limit=1"
    for _ in range(4):
        page = program.get(address).json()
        found += [item["expires_at"] for item in page["items"]]
        address = f"{API}/overrides?sort=expires_at&limit=1&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert [value and value[:10] for value in found] == ["2026-01-15", "2026-01-16", None, None]


def test_the_panel_tells_the_override_and_what_it_does(board: BoardUnderTest, jane: Standing) -> None:
    page = get(board, f"selected={get(board).row_ids[0]}")
    detail = page.root.get("aside", id="detail").text
    for shown in ("Call recording critical", "Plan default No", "Plan in force Growth", "Asked for it"):
        assert shown in detail
    assert "Notes Asked for it" in detail, "without who and when"
    assert any("entitlements.remove_override" in link for link in page.links())


def test_viewers_see_neither_addresses_nor_notes(board: BoardUnderTest, otto: Standing) -> None:
    page = get(board, f"selected={get(board).row_ids[0]}", Role.VIEWER)
    assert "jane@example.com" not in page.html
    assert "Asked for it" not in page.html
    assert not any("/actions/" in link for link in page.links())
    assert "Asked for it" not in board.browser(Role.VIEWER).get(f"{PATH}/export.csv").text


def test_the_export_holds_what_is_asked_for(board: BoardUnderTest, otto: Standing) -> None:
    lines = board.browser(Role.SUPPORT).get(f"{PATH}/export.csv?access=revoke").text.splitlines()
    assert len(lines) == 2
    assert "otto@example.com" in lines[1]
    (item,) = board.program().get(f"{API}/overrides?access=revoke").json()["items"]
    assert (item["note"], item["notes"][:7]) == ("Asked for it", "[ADMIN:"), "as they are stored, too"


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest, otto: Standing) -> None:
    costs = []
    for query in ("q=nobody", "sort=created_at"):
        with recorded_queries(board.runtime.database.engine) as statements:
            get(board, query)
        costs.append(len(statements))
    assert max(costs) <= 6


def test_the_api_grants_explains_lists_and_removes(board: BoardUnderTest, jane: Standing) -> None:
    with board.rows() as session:
        rita = Standing(session, "rita")
    program, path = board.program(), f"{API}/users/rita@example.com"
    body = {"has_access": True, "notes": "Sales promised it", "expires_at": "2026-02-14T12:00:00Z"}
    dry = program.put(f"{path}/overrides/call_recording?dry_run=true", json=body).json()["preview"]
    assert dry["changes"][0] == {"field": "Access", "before": False, "after": True}
    made = program.put(f"{path}/overrides/call_recording", json=body)
    assert made.status_code == 200, made.text
    access = program.get(f"{path}/access?feature=call_recording").json()
    (feature,) = access["features"]
    assert (feature["has_access"], feature["decision"]) == (True, "override")
    assert [step["rule"] for step in feature["steps"]] == ["account", "override", "plan", "otherwise"]
    (item,) = program.get(f"{path}/overrides").json()["items"]
    assert item["feature_key"] == "call_recording"
    assert program.post(made.json()["undo"]["href"], json={}).status_code == 200
    assert program.get(f"{path}/overrides").json()["items"] == []
    gone = program.request("DELETE", f"{path}/overrides/call_recording", json={"reason": "Ended by sales"})
    assert (gone.status_code, gone.json()["code"]) == (404, "override_unknown")
    past = program.get(f"{path}/access", params={"at": "2026-01-10T00:00:00Z"}).json()
    assert past["is_active"] is None
    assert program.get(f"{path}/access?at=soon").status_code == 422
    assert str(rita.user.id) == past["user_id"]


def test_entitlements_are_overridden_by_the_body_that_was_agreed(
    board: BoardUnderTest, jane: Standing
) -> None:
    with board.rows() as session:
        rosa = Standing(session, "rosa")
    program, path = board.program(), f"{API}/billing/entitlements/override"
    body = {"user_id": str(rosa.user.id), "credits": "150.00", "plan": rosa.scale.slug}
    done = program.post(path, json=body)
    assert done.status_code == 201, done.text
    assert program.get(f"{API}/users/{rosa.user.id}/access").json()["plan"] == "Scale"
    assert program.post(done.json()["undo"]["href"], json={}).status_code == 200
    careful = program.post(path, json=body | {"acknowledge": []})
    assert (careful.status_code, careful.json()["code"]) == (409, "acknowledgement_required")
    for wrong, sentence in (
        ({"user": str(rosa.user.id), "credits": "1.00"}, "user: There is no such field."),
        ({"user_id": str(rosa.user.id)}, "Give credits, a plan, or both."),
    ):
        assert program.post(path, json=wrong).json()["detail"] == sentence


def test_the_navigation_the_user_and_the_search_lead_here(board: BoardUnderTest, jane: Standing) -> None:
    browser = board.browser(Role.SUPPORT)
    user = Page(browser.get(f"/users?selected={jane.user.id}").text)
    assert {"/entitlements", f"/entitlements?user={jane.user.id}"} <= set(user.links())
    found = Page(browser.get("/search?q=entitlements+of+jane").text).links()
    assert f"/entitlements?user={jane.user.id}" in found


def test_nothing_there_says_what_overrides_are(board: BoardUnderTest, otto: Standing) -> None:
    with board.rows() as session:
        session.query(UserFeatureOverride).delete()
    assert "whatever the plan says" in get(board, "sort=created_at").text
