"""The panel of one agent: its configuration and greeting, links, by role."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.agents.languages import describe_language
from adminboard.core.permissions import Permission, Role
from tests.agents.asking import PANEL, panel
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import make_agent, make_business, make_user
from tests.web.problems import read_problem

GREETING = "Gracias por llamar a Acme.\n¿En qué puedo ayudarle?"


@pytest.fixture(scope="module")
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    with board.rows() as session:
        jane = make_user(session, email="jane@example.com")
        acme = make_business(session, owner_id=jane.id, name="Acme Plumbing")
        ava = make_agent(
            session,
            business_id=acme.id,
            name="Ava",
            tone="calm",
            voice="sage",
            language="es-US",
            greeting_message=GREETING,
            forwarding_enabled=True,
            forwarding_number="+12125550147",
        )
        nothing: dict[str, Any] = dict.fromkeys(("tone", "voice", "greeting_message", "forwarding_number"))
        bo = make_agent(session, business_id=acme.id, name="Bo", is_active=False, **nothing)
    return {"jane": jane.id, "acme": acme.id, "ava": ava.id, "bo": bo.id}


def test_the_panel_tells_the_whole_configuration(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    text = panel(board, ids["ava"]).text
    for told in (
        "Ava active",
        "answers for Acme Plumbing",
        "Owner jane@example.com",
        "Language Spanish (United States) · es-US",
        "Tone calm",
        "Voice sage",
        "Forwarding Yes",
        "Forwards to (212) 555-0147",
        str(ids["ava"]),
        "Gracias por llamar a Acme. ¿En qué puedo ayudarle?",
    ):
        assert told in text


def test_the_greeting_is_marked_with_its_language(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    greeting = panel(board, ids["ava"]).root.get("blockquote")
    assert greeting.attributes["lang"] == "es-US"
    assert greeting.attributes["dir"] == "auto"


def test_it_leads_to_business_owner_and_calls(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    links = panel(board, ids["ava"]).links()
    assert f"/businesses?selected={ids['acme']}" in links
    assert f"/users?selected={ids['jane']}" in links
    assert f"/calls?business={ids['acme']}" in links
    assert f"/agents?business={ids['acme']}" in links


def test_an_agent_without_anything_says_so(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    text = panel(board, ids["bo"]).text
    for told in ("Bo inactive", "Tone N/A", "Voice N/A", "Forwarding No", "Forwards to N/A", "No greeting"):
        assert told in text


def test_viewers_see_owner_and_number_masked(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    text = panel(board, ids["ava"], Role.VIEWER).text
    assert "j•••@example.com" in text
    assert "Forwards to •••0147" in text
    record = board.program(Permission.CUSTOMERS_READ).get(f"/v1/admin/agents/{ids['ava']}").json()
    assert record["forwarding_number"] == "•••0147"


def test_the_api_tells_the_same(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    record = board.program().get(f"/v1/admin/agents/{ids['ava']}").json()
    assert record["greeting_message"] == GREETING
    assert record["business_name"] == "Acme Plumbing"
    assert record["forwarding_number"] == "+12125550147"


def test_it_costs_the_same_queries_for_any_agent(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    costs = []
    for name in ("ava", "bo"):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, ids[name])
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 3


@pytest.mark.parametrize(
    "language", ["", "x", "Klingon", '"><b>', "en_US", "zh-Hant-TW", "日本語", "a" * 500]
)
def test_any_language_is_shown(language: str, board: BoardUnderTest) -> None:
    with board.rows() as session:
        agent = make_agent(session, language=language, greeting_message="Hello").id
    assert "Hello" in panel(board, agent).text


def test_languages_are_told_in_words() -> None:
    assert describe_language("ja-JP") == "Japanese (Japan)"
    assert describe_language("de") == "German"
    assert describe_language("Klingon speech") == "Klingon speech"
    assert describe_language("") == ""


def test_an_agent_that_is_not_there_is_a_404(board: BoardUnderTest) -> None:
    read_problem(board.program().get(f"/v1/admin/agents/{uuid4()}"), 404, "agent_unknown")
    assert board.browser(Role.SUPPORT).get(f"/agents?selected={uuid4()}", headers=PANEL).status_code == 404
