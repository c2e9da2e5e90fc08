"""``adminboard reconcile`` and ``adminboard plans sync``: the same from the command line."""

import json

import pytest
from typer.testing import CliRunner

from adminboard.cli import cli
from adminboard.stripe.fake import records
from tests.clients import SECRET_KEY
from tests.db.templates import Addresses
from tests.reconciliation.planting import Twins
from tests.stand_in import Served


@pytest.fixture(autouse=True)
def _environment(fresh_addresses: Addresses, served_standin: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"APP_ENV": "test", "DATABASE_URL": fresh_addresses.app_url, "SECRET_KEY": SECRET_KEY}
    for name, value in (served_standin.environment | values).items():
        monkeypatch.setenv(name, value)


def test_it_compares_says_what_differs_and_repairs_when_told_to(twins: Twins) -> None:
    twin, _ = twins.subscribe(), twins.subscribe()
    twin.item.quantity = 7

    compared = CliRunner().invoke(cli, ["reconcile"])
    assert compared.exit_code == 1, compared.output
    assert "2 subscriptions compared in 1 calls: 1 in step, 1 differ." in compared.stdout
    assert "quantity: 1" in compared.stdout
    assert twins.row(twin).quantity == 3

    fixed = CliRunner().invoke(cli, ["reconcile", "--fix", "--json"])
    assert fixed.exit_code == 0, fixed.output
    shown = json.loads(fixed.stdout)
    assert (shown["repair"]["done"], shown["left"]) == (1, 0)
    assert twins.row(twin).quantity == 7

    again = CliRunner().invoke(cli, ["reconcile", "--fix"])
    assert again.exit_code == 0, again.output
    assert "2 in step, 0 differ" in again.stdout


def test_while_stripe_is_away_it_says_so(twins: Twins) -> None:
    twins.control("down")
    result = CliRunner().invoke(cli, ["reconcile"])
    assert result.exit_code == 3, result.output
    assert "Stripe" in result.stderr
    twins.control("up")


def test_plans_are_shown_first_and_synced(twins: Twins) -> None:
    account = twins.standin.account
    account.products.add(records.Product(id="prod_x", name="Fresh"))
    account.prices.add(records.Price(id="price_x", product="prod_x", unit_amount=100, currency="usd"))

    shown = CliRunner().invoke(cli, ["plans", "sync", "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "Plans added" in shown.stdout
    dry = CliRunner().invoke(cli, ["plans", "sync", "--dry-run", "--json"])
    assert json.loads(dry.stdout) == {"changes": [["Plans added", "none", "fresh"]]}

    synced = CliRunner().invoke(cli, ["plans", "sync", "--json"])
    assert synced.exit_code == 0, synced.output
    assert json.loads(synced.stdout)["created"] == 1
    again = CliRunner().invoke(cli, ["plans", "sync"])
    assert "0 created, 0 updated, 0 deactivated, 1 unchanged" in again.stdout
