"""Every route has a declared permission, and it holds for every role and every scope of a key.

The tables here say what each route needs. A new route fails until somebody has thought about it and
written it down.
"""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from adminboard.app import UnguardedRoute, check_doors
from adminboard.areas import AREAS
from adminboard.core.permissions import KEY_SCOPES, ROLE_PERMISSIONS, Permission, Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.guarantees.routes import Route, list_routes
from tests.web.problems import read_problem

PUBLIC = {
    "GET /login",
    "POST /login",
    "GET /login/second-factor",
    "POST /login/second-factor",
    "GET /set-password",
    "POST /set-password",
    "GET /static/{name:path}",
    "GET /v1/openapi.json",
    "GET /v1/docs",
    "GET /v1/docs/errors",
    "GET /healthz",
    "GET /readyz",
}
PAGES = {
    "GET /": "customers.read",
    "GET /account": "account.own",
    "GET /account/password": "account.own",
    "POST /account/password": "account.own",
    "GET /account/second-factor": "account.own",
    "POST /account/second-factor": "account.own",
    "POST /account/theme": "account.own",
    "POST /logout": "account.own",
    "GET /step-up": "account.own",
    "POST /step-up": "account.own",
    "POST /views/{page}": "account.own",
    "POST /views/{view_id}/removal": "account.own",
    "GET /search": "customers.read",
    "POST /undo/{audit_id}": "customers.read",
    "GET /users": "customers.read",
    "GET /users/export.csv": "customers.read",
    "GET /users/count": "customers.read",
    "GET /users/picker": "customers.read",
    "GET /businesses": "customers.read",
    "GET /businesses/export.csv": "customers.read",
    "GET /businesses/count": "customers.read",
    "GET /businesses/options": "customers.read",
    "GET /agents": "customers.read",
    "GET /agents/export.csv": "customers.read",
    "GET /agents/count": "customers.read",
    "GET /agents/options": "customers.read",
    "GET /appointments": "customers.read",
    "GET /appointments/export.csv": "customers.read",
    "GET /appointments/count": "customers.read",
    "GET /appointments/cards": "customers.read",
    "GET /appointments/options": "customers.read",
    "GET /promotions": "billing.read",
    "GET /promotions/export.csv": "billing.read",
    "GET /promotions/count": "billing.read",
    "GET /promotions/usages": "billing.read",
    "GET /promotions/usages/export.csv": "billing.read",
    "GET /promotions/usages/count": "billing.read",
    "GET /promotions/usages/options": "billing.read",
    "GET /calls": "customers.read",
    "GET /calls/export.csv": "customers.read",
    "GET /calls/count": "customers.read",
    "GET /calls/options": "customers.read",
    "GET /calls/{call_id}/transcript": "personal.read",
    "GET /calls/{call_id}/recording": "personal.read",
    "GET /billing": "billing.read",
    "GET /billing/subscriptions": "billing.read",
    "GET /billing/subscriptions/export.csv": "billing.read",
    "GET /billing/subscriptions/count": "billing.read",
    "GET /billing/subscriptions/options": "billing.read",
    "GET /billing/subscriptions/cards": "billing.read",
    "GET /billing/invoices": "billing.read",
    "GET /billing/invoices/export.csv": "billing.read",
    "GET /billing/invoices/count": "billing.read",
    "GET /billing/invoices/options": "billing.read",
    "GET /billing/invoices/cards": "billing.read",
    "GET /billing/usage": "billing.read",
    "GET /billing/usage/export.csv": "billing.read",
    "GET /billing/usage/count": "billing.read",
    "GET /billing/usage/options": "billing.read",
    "GET /billing/usage/cards": "billing.read",
    "GET /billing/payment-methods": "billing.read",
    "GET /billing/payment-methods/export.csv": "billing.read",
    "GET /billing/payment-methods/count": "billing.read",
    "GET /billing/payment-methods/options": "billing.read",
    "GET /billing/payment-methods/cards": "billing.read",
    "GET /billing/grace-periods": "billing.read",
    "GET /billing/grace-periods/export.csv": "billing.read",
    "GET /billing/grace-periods/count": "billing.read",
    "GET /billing/grace-periods/options": "billing.read",
    "GET /billing/grace-periods/cards": "billing.read",
    "GET /credits": "credits.read",
    "GET /credits/export.csv": "credits.read",
    "GET /credits/count": "credits.read",
    "GET /credits/balances": "credits.read",
    "GET /credits/balances/export.csv": "credits.read",
    "GET /credits/balances/count": "credits.read",
    "GET /entitlements": "entitlements.read",
    "GET /entitlements/overrides": "entitlements.read",
    "GET /entitlements/overrides/export.csv": "entitlements.read",
    "GET /entitlements/overrides/count": "entitlements.read",
    "GET /customers": "customers.read",
    "GET /customers/export.csv": "customers.read",
    "GET /customers/count": "customers.read",
    "GET /customers/cards": "customers.read",
    "GET /webhooks": "webhooks.read",
    "GET /webhooks/export.csv": "webhooks.read",
    "GET /webhooks/count": "webhooks.read",
    "GET /webhooks/options": "webhooks.read",
    "GET /webhooks/{event_id}/payload.json": "personal.read",
    "GET /bulk": "bulk.run",
    "GET /bulk/export.csv": "bulk.run",
    "GET /bulk/count": "bulk.run",
    "GET /bulk/new": "bulk.run",
    "POST /bulk/new": "bulk.run",
    "GET /bulk/template.csv": "bulk.run",
    "GET /bulk/{run_id:uuid}": "bulk.run",
    "GET /bulk/{run_id:uuid}/count": "bulk.run",
    "GET /bulk/{run_id:uuid}/export.csv": "bulk.run",
    "GET /notes/panel": "customers.read",
    "GET /notes/export.csv": "customers.read",
    "GET /notes/count": "customers.read",
    "GET /approvals": "approvals.read",
    "GET /approvals/export.csv": "approvals.read",
    "GET /approvals/count": "approvals.read",
    "GET /approvals/{approval_id}/now": "approvals.read",
    "GET /audit": "audit.read",
    "GET /audit/export.csv": "audit.read",
    "GET /audit/count": "audit.read",
    "GET /audit/chain": "audit.read",
    "POST /audit/chain": "audit.read",
    "GET /audit/history": "history.read",
    "GET /system": "system.read",
    "GET /system/panels/{name}": "system.read",
    "GET /system/database-test": "system.read",
    "GET /system/export.csv": "system.read",
    "GET /system/operations": "system.read",
    "GET /system/operations/export.csv": "system.read",
    "GET /system/operations/count": "system.read",
    "GET /settings/admins": "admins.write",
    "GET /settings/admins/export.csv": "admins.write",
    "GET /settings/admins/count": "admins.write",
    "GET /settings/api-keys": "api_keys.write",
    "GET /settings/api-keys/export.csv": "api_keys.write",
    "GET /settings/api-keys/count": "api_keys.write",
    "GET /settings/thresholds": "settings.write",
    "GET /settings/notifications": "settings.write",
    "GET /settings/notifications/{name}": "settings.write",
    "GET /settings/notifications/{name}/letter.html": "settings.write",
}
ACTIONS = {
    "account.change_time_zone": "account.own",
    "account.end_session": "account.own",
    "account.end_other_sessions": "account.own",
    "account.remove_second_factor": "account.own",
    "account.replace_recovery_codes": "account.own",
    "admins.invite": "admins.write",
    "admins.change_role": "admins.write",
    "admins.disable": "admins.write",
    "admins.enable": "admins.write",
    "admins.end_sessions": "admins.write",
    "admins.reset_second_factor": "admins.write",
    "admins.reset_password": "admins.write",
    "approvals.approve": "approvals.decide",
    "approvals.reject": "approvals.decide",
    "approvals.withdraw": "approvals.read",
    "api_keys.create": "api_keys.write",
    "api_keys.rotate": "api_keys.write",
    "api_keys.revoke": "api_keys.write",
    "settings.change": "settings.write",
    "notifications.change": "settings.write",
    "notifications.test": "settings.write",
    "figures.rebuild": "figures.write",
    "operations.retry": "operations.retry",
    "bulk.start": "bulk.run",
    "bulk.pause": "bulk.run",
    "bulk.resume": "bulk.run",
    "bulk.cancel": "bulk.run",
    "bulk.undo": "bulk.run",
    "credits.adjust": "credits.write",
    "credits.reverse": "credits.reverse",
    "entitlements.set_override": "entitlements.write",
    "entitlements.remove_override": "entitlements.write",
    "entitlements.restore_override": "entitlements.write",
    "billing.override_entitlement": "billing.write",
    "billing.withdraw_entitlement": "billing.write",
    "billing.end_plan_override": "billing.write",
    "billing.resume_plan_override": "billing.write",
    "notes.add": "notes.write",
    "notes.edit": "notes.write",
    "notes.remove": "notes.write",
    "notes.restore": "notes.write",
}
CALLS = {
    "GET /v1/admin/dashboard": "customers.read",
    "GET /v1/admin/users": "customers.read",
    "GET /v1/admin/users/{id}": "customers.read",
    "GET /v1/admin/calls": "customers.read",
    "GET /v1/admin/calls/{id}": "customers.read",
    "GET /v1/admin/calls/{id}/transcript": "personal.read",
    "GET /v1/admin/users/{user}/credits": "credits.read",
    "GET /v1/admin/users/{user}/credit-transactions": "credits.read",
    "GET /v1/admin/users/{user}/credit-proof": "credits.read",
    "POST /v1/admin/users/{user}/credit-adjustments": "credits.write",
    "GET /v1/admin/businesses": "customers.read",
    "GET /v1/admin/businesses/{id}": "customers.read",
    "GET /v1/admin/agents": "customers.read",
    "GET /v1/admin/agents/{id}": "customers.read",
    "GET /v1/admin/appointments": "customers.read",
    "GET /v1/admin/appointments/cards": "customers.read",
    "GET /v1/admin/appointments/{id}": "customers.read",
    "GET /v1/admin/promotions": "billing.read",
    "GET /v1/admin/promotions/{id}": "billing.read",
    "GET /v1/admin/promotion-usages": "billing.read",
    "GET /v1/admin/promotion-usages/{id}": "billing.read",
    "GET /v1/admin/billing/subscriptions": "billing.read",
    "GET /v1/admin/billing/subscriptions/cards": "billing.read",
    "GET /v1/admin/billing/subscriptions/{id}": "billing.read",
    "GET /v1/admin/billing/invoices": "billing.read",
    "GET /v1/admin/billing/invoices/cards": "billing.read",
    "GET /v1/admin/billing/invoices/{id}": "billing.read",
    "GET /v1/admin/billing/usage": "billing.read",
    "GET /v1/admin/billing/usage/cards": "billing.read",
    "GET /v1/admin/billing/usage/{id}": "billing.read",
    "GET /v1/admin/billing/payment-methods": "billing.read",
    "GET /v1/admin/billing/payment-methods/cards": "billing.read",
    "GET /v1/admin/billing/payment-methods/{id}": "billing.read",
    "GET /v1/admin/billing/grace-periods": "billing.read",
    "GET /v1/admin/billing/grace-periods/cards": "billing.read",
    "GET /v1/admin/billing/grace-periods/{id}": "billing.read",
    "GET /v1/admin/credits": "credits.read",
    "GET /v1/admin/credits/{id}": "credits.read",
    "GET /v1/admin/credit-transactions": "credits.read",
    "GET /v1/admin/credit-transactions/{id}": "credits.read",
    "POST /v1/admin/credit-transactions/{transaction_id}/reversal": "credits.reverse",
    "GET /v1/admin/overrides": "entitlements.read",
    "GET /v1/admin/overrides/{id}": "entitlements.read",
    "GET /v1/admin/users/{user}/access": "entitlements.read",
    "GET /v1/admin/users/{user}/overrides": "entitlements.read",
    "PUT /v1/admin/users/{user}/overrides/{feature_key}": "entitlements.write",
    "DELETE /v1/admin/users/{user}/overrides/{feature_key}": "entitlements.write",
    "POST /v1/admin/billing/entitlements/override": "billing.write",
    "DELETE /v1/admin/billing/plan-overrides/{plan_override}": "billing.write",
    "POST /v1/admin/billing/plan-overrides/{plan_override}/resumption": "billing.write",
    "GET /v1/admin/customers": "customers.read",
    "GET /v1/admin/customers/cards": "customers.read",
    "GET /v1/admin/customers/{id}": "customers.read",
    "GET /v1/admin/webhooks": "webhooks.read",
    "GET /v1/admin/webhooks/{id}": "webhooks.read",
    "GET /v1/admin/bulk-runs": "bulk.run",
    "POST /v1/admin/bulk-runs": "bulk.run",
    "GET /v1/admin/bulk-runs/{id}": "bulk.run",
    "GET /v1/admin/bulk-runs/{run_id}/rows": "bulk.run",
    "POST /v1/admin/bulk-runs/{run}/start": "bulk.run",
    "POST /v1/admin/bulk-runs/{run}/pause": "bulk.run",
    "POST /v1/admin/bulk-runs/{run}/resumption": "bulk.run",
    "POST /v1/admin/bulk-runs/{run}/cancellation": "bulk.run",
    "POST /v1/admin/bulk-runs/{run}/undo": "bulk.run",
    "GET /v1/admin/notes": "customers.read",
    "GET /v1/admin/notes/{id}": "customers.read",
    "GET /v1/admin/customers/{customer}/notes": "customers.read",
    "GET /v1/admin/calls/{call}/notes": "customers.read",
    "POST /v1/admin/customers/{customer}/notes": "notes.write",
    "POST /v1/admin/calls/{call}/notes": "notes.write",
    "PUT /v1/admin/notes/{note}": "notes.write",
    "DELETE /v1/admin/notes/{note}": "notes.write",
    "POST /v1/admin/notes/{note}/restoration": "notes.write",
    "GET /v1/admin/approvals": "approvals.read",
    "GET /v1/admin/approvals/{id}": "approvals.read",
    "POST /v1/admin/approvals/{approval}/decision": "approvals.decide",
    "POST /v1/admin/approvals/{approval}/withdrawal": "approvals.read",
    "GET /v1/admin/audit": "audit.read",
    "GET /v1/admin/audit/{id}": "audit.read",
    "GET /v1/admin/audit/verification": "audit.read",
    "POST /v1/admin/audit/{audit_id}/undo": "customers.read",
    "GET /v1/admin/system": "system.read",
    "GET /v1/admin/operations": "system.read",
    "GET /v1/admin/operations/{id}": "system.read",
    "POST /v1/admin/operations/{operation}/attempts": "operations.retry",
    "GET /v1/admin/admins": "admins.write",
    "GET /v1/admin/admins/{id}": "admins.write",
    "POST /v1/admin/admins": "admins.write",
    "PUT /v1/admin/admins/{admin}/role": "admins.write",
    "POST /v1/admin/admins/{admin}/disablement": "admins.write",
    "DELETE /v1/admin/admins/{admin}/disablement": "admins.write",
    "DELETE /v1/admin/admins/{admin}/sessions": "admins.write",
    "DELETE /v1/admin/admins/{admin}/second-factor": "admins.write",
    "POST /v1/admin/admins/{admin}/password-reset": "admins.write",
    "GET /v1/admin/api-keys": "api_keys.write",
    "GET /v1/admin/api-keys/{id}": "api_keys.write",
    "POST /v1/admin/api-keys": "api_keys.write",
    "POST /v1/admin/api-keys/{key}/rotation": "api_keys.write",
    "DELETE /v1/admin/api-keys/{key}": "api_keys.write",
    "PUT /v1/admin/settings/{setting}": "settings.write",
    "PUT /v1/admin/settings/notifications/{notification}": "settings.write",
    "POST /v1/admin/figures/rebuilds": "figures.write",
    "POST /v1/usage/deductions": "usage.write",
}
STEPS = ("GET /actions/{}", "GET /actions/{}/live", "POST /actions/{}/preview", "POST /actions/{}")


def expected_permissions() -> dict[str, str | None]:
    steps = {step.format(name): needed for name, needed in ACTIONS.items() for step in STEPS}
    return {**dict.fromkeys(PUBLIC), **PAGES, **steps, **CALLS}


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


def test_every_route_needs_what_the_tables_say(board: BoardUnderTest) -> None:
    assert {route.name: route.permission for route in list_routes(board.app)} == expected_permissions()


def test_every_action_needs_what_the_table_says() -> None:
    assert {a.name: a.permission.value for area in AREAS for a in area.actions} == ACTIONS


def test_what_shows_is_not_what_changes(board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        kind = "write" if route.is_unsafe else "read"
        assert route.is_public or route.door.endswith(kind), route.name
        assert route.is_public or route.is_api == route.path.startswith("/v1/"), route.name


def ask(board: BoardUnderTest, route: Route, role: Role) -> str:
    """What a person of the role is answered: "403 and why", or the status alone.

    Each change is asked for by somebody else, since one of them is to log out.
    """
    browser = board.new_browser(role) if route.is_unsafe else board.browser(role)
    fields = {"csrf_token": browser.csrf_token("/account")} if route.is_unsafe else None
    answer = browser.request(route.method, route.address, data=fields, follow_redirects=False)
    assert answer.status_code < 500, f"{route.name}: {answer.text[:500]}"
    assert not answer.headers.get("location", "").startswith("/login?"), route.name
    return f"403 {answer.text}" if answer.status_code == 403 else str(answer.status_code)


@pytest.mark.parametrize("role", Role)
def test_a_role_comes_in_exactly_where_it_may(role: Role, board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        if route.is_api or route.is_public:
            continue
        answer = ask(board, route, role)
        refused = f"the permission {route.permission}" in answer
        assert refused == (route.permission not in ROLE_PERMISSIONS[role]), f"{role} at {route.name}"
        assert refused == answer.startswith("403"), f"{role} at {route.name}: {answer[:300]}"


@pytest.mark.parametrize("scope", sorted(KEY_SCOPES))
def test_a_key_comes_in_exactly_where_its_scope_allows(scope: Permission, board: BoardUnderTest) -> None:
    program = board.program(scope)
    for route in list_routes(board.app):
        if not route.is_api:
            continue
        answer = program.request(route.method, route.address)
        assert answer.status_code < 500, route.name
        if route.permission == scope.value:
            assert answer.status_code != 403, f"{scope} at {route.name}: {answer.text}"
        else:
            problem = read_problem(answer, 403, "forbidden")
            assert f"the permission {route.permission}" in problem["detail"]


def test_nobody_comes_in_without_a_login_or_a_key(board: BoardUnderTest) -> None:
    for route in list_routes(board.app):
        answer = board.stranger().request(route.method, route.address, follow_redirects=False)
        if route.is_public:
            assert answer.status_code < 500, route.name
        elif route.is_api:
            read_problem(answer, 403, "key_refused")
        else:
            assert answer.status_code == 303, route.name
            assert answer.headers["location"].startswith("/login"), route.name


def test_a_session_opens_no_call_and_a_key_no_page(board: BoardUnderTest) -> None:
    browser, program = board.browser(Role.ADMIN), board.program()
    for route in list_routes(board.app):
        if route.is_api:
            read_problem(browser.request(route.method, route.address), 403, "key_refused")
        elif not route.is_public and not route.is_unsafe:
            answer = program.request(route.method, route.address, follow_redirects=False)
            assert answer.headers["location"].startswith("/login"), route.name


def unguarded_applications() -> Iterator[FastAPI]:
    """One for each way in which a route can be added."""

    def endpoint() -> None: ...

    def plain(request: Request) -> Response:
        return Response()

    router, nested = APIRouter(), APIRouter()
    router.add_api_route("/forgotten", endpoint)
    nested.include_router(router)
    included, deep, direct, mounted, bare = (FastAPI(openapi_url=None) for _ in range(5))
    included.include_router(router)
    deep.include_router(nested, prefix="/deep")
    direct.add_api_route("/forgotten", endpoint)
    mounted.mount("/forgotten", FastAPI())
    bare.add_route("/forgotten", plain)
    yield from (included, deep, direct, mounted, bare)


def test_a_route_without_a_permission_does_not_start(board: BoardUnderTest) -> None:
    for app in unguarded_applications():
        with pytest.raises(UnguardedRoute, match="forgotten"):
            check_doors(app.routes)
    check_doors(board.app.routes)
