"""What the board must be told to reach Stripe; what is wrong is named, and nothing secret is shown."""

import pytest

from adminboard.settings import SettingsError, load_settings
from adminboard.stripe.gateway import StripeGateway

KEY, SECRET = "sk_test_canary", "whsec_canary"
STAND_IN = "http://127.0.0.1:12111"


def test_with_a_key_and_a_secret_the_gateway_opens() -> None:
    settings = load_settings(stripe_api_key=KEY, stripe_webhook_secret=SECRET)

    StripeGateway(settings.stripe_access)

    assert settings.stripe_access.api_base is None
    assert settings.stripe_access.calls_per_second == 100
    assert "canary" not in repr(settings) + repr(settings.stripe_access)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "STRIPE_API_KEY is missing"),
        ({"stripe_webhook_secret": SECRET}, "STRIPE_API_KEY is missing"),
        ({"stripe_api_key": KEY}, "STRIPE_WEBHOOK_SECRET is missing"),
        ({"stripe_api_key": KEY, "stripe_webhook_secret": ""}, "STRIPE_WEBHOOK_SECRET"),
        ({"stripe_api_key": "pk_test_canary"}, "STRIPE_API_KEY: a secret key"),
        ({"stripe_webhook_secret": "canary"}, "STRIPE_WEBHOOK_SECRET: the signing secret"),
        ({"stripe_api_base": "https://canary.example.com"}, "STRIPE_API_BASE"),
        ({"stripe_calls_per_second": "0"}, "STRIPE_CALLS_PER_SECOND"),
    ],
)
def test_what_is_missing_or_wrong_is_named_without_its_secrets(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        _ = load_settings(**given).stripe_access

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        {"app_env": "production", "stripe_api_key": KEY},
        {"app_env": "staging", "stripe_api_key": "sk_live_canary"},
    ],
)
def test_the_stand_in_is_not_for_production_and_gets_no_live_key(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="STRIPE_API_BASE is for the stand-in") as refused:
        load_settings(**given, stripe_webhook_secret=SECRET, stripe_api_base=STAND_IN)

    assert "canary" not in str(refused.value)
