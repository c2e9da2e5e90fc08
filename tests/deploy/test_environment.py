"""What is deployed gets every setting it needs, none the board does not know, and no secret from a file."""

import re

import pytest
from pydantic import SecretStr

from adminboard.settings import Settings, SettingsError, load_settings
from tests.deploy.compose import compose_text, example_names, read_services
from tests.deploy.kubernetes import (
    KUBERNETES,
    OVERLAYS,
    ROOT,
    base_objects,
    config_map,
    container_of,
    find_object,
    secret_examples,
    variables_of,
)

SECRETS = {
    "DATABASE_URL": "postgresql://adminboard:word@db:5432/adminboard",
    "MIGRATION_DATABASE_URL": "postgresql://adminboard_owner:word@db:5432/adminboard",
    "SECRET_KEY": "a-key-for-tests-of-thirty-two-characters",
    "STRIPE_API_KEY": "sk_test_4711",
    "STRIPE_WEBHOOK_SECRET": "whsec_4711",
}
ANSWERS = SECRETS | {
    "BOARD_HOST": "board.example.com",
    "POSTGRES_PASSWORD": "one",
    "OWNER_PASSWORD": "two",
    "BOARD_PASSWORD": "three",
}
WEB = find_object(base_objects(), "Deployment", "adminboard-web")
WORKER = find_object(base_objects(), "Deployment", "adminboard-worker")
INTAKE = find_object(base_objects(), "Deployment", "adminboard-intake")
MIGRATION = find_object(base_objects(), "Job", "adminboard-migration")


def names_of_secrets() -> set[str]:
    """The variables whose values the board itself hides."""
    return {
        name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
    }


def settings_from(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def require_what_serving_needs(settings: Settings) -> None:
    _ = settings.secret_keys, settings.stripe_access
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL is missing")


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("workload", [WEB, INTAKE, WORKER], ids=["web", "intake", "worker"])
def test_with_its_secrets_filled_in_a_pod_can_start(
    workload: dict[str, object], overlay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = variables_of(container_of(workload), overlay)
    settings = settings_from({name: value or SECRETS[name] for name, value in values.items()}, monkeypatch)

    require_what_serving_needs(settings)
    assert settings.app_env == overlay
    assert settings.secure_cookies


@pytest.mark.parametrize("missing", ["DATABASE_URL", "SECRET_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_a_secret_left_as_in_the_example_stops_the_start_and_is_named(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = variables_of(container_of(WEB), "production")
    filled = {name: value or SECRETS[name] for name, value in values.items()}

    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        require_what_serving_needs(settings_from(filled | {missing: ""}, monkeypatch))


def test_only_the_migration_knows_the_owner() -> None:
    assert "MIGRATION_DATABASE_URL" in variables_of(container_of(MIGRATION), "production")
    for workload in (WEB, INTAKE, WORKER):
        assert "MIGRATION_DATABASE_URL" not in variables_of(container_of(workload), "production")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_board_knows_every_name_and_none_of_them_is_a_secrets(overlay: str) -> None:
    known = {name.upper() for name in Settings.model_fields}
    named = config_map(overlay).keys()

    assert named <= known
    assert not named & names_of_secrets()
    assert {name for values in secret_examples().values() for name in values} <= known


def test_the_example_of_the_secrets_holds_none() -> None:
    for values in secret_examples().values():
        assert set(values.values()) == {""}


def test_no_file_holds_anything_that_looks_like_a_secret() -> None:
    looks = re.compile(r"(sk|rk)_(live|test)_\w+|whsec_\w+|postgres(ql)?://[^\s:]+:(?!PASSWORD|\$\{)[^\s@]+@")
    files = [path for path in KUBERNETES.parent.rglob("*") if path.is_file() and path.name != ".env"]

    assert len(files) > 15
    assert [path.name for path in files if looks.search(path.read_text())] == []
    assert looks.search(f"url: {SECRETS['DATABASE_URL']}")


@pytest.mark.parametrize("service", ["web", "intake", "worker"])
def test_on_one_host_each_service_can_start(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = read_services(ANSWERS)[service]["environment"]
    settings = settings_from(values, monkeypatch)

    require_what_serving_needs(settings)
    assert settings.public_url == "https://board.example.com"
    assert settings.is_production
    assert isinstance(settings.database_url, SecretStr)
    assert settings.db_prepared_statements is ("pgbouncer" not in settings.database_url.get_secret_value())


@pytest.mark.parametrize("service", ["web", "intake", "worker"])
@pytest.mark.parametrize(("port", "told_at"), [("", None), ("9100", 9100)])
def test_on_one_host_each_service_tells_its_metrics_where_that_is_wanted(
    service: str, port: str, told_at: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_services(ANSWERS | {"METRICS_PORT": port})[service]

    assert settings_from(found["environment"], monkeypatch).metrics_port == told_at
    assert found["command"][1:3] == ["--host", "0.0.0.0"]  # noqa: S104 - what they listen on in the container


def test_on_one_host_only_the_migration_knows_the_owner() -> None:
    services = read_services(ANSWERS)

    assert "adminboard_owner:two@postgres" in services["migration"]["environment"]["MIGRATION_DATABASE_URL"]
    for name, service in services.items():
        if name != "migration":
            assert "MIGRATION_DATABASE_URL" not in service.get("environment", {})


@pytest.mark.parametrize("missing", [*sorted(ANSWERS.keys() - SECRETS.keys()), "SECRET_KEY"])
def test_on_one_host_what_is_missing_is_named_before_anything_starts(missing: str) -> None:
    with pytest.raises(LookupError, match=f"{missing} is missing in deploy/.env"):
        read_services({**ANSWERS, missing: ""})


def test_the_example_lists_each_variable_that_compose_asks_for() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", compose_text())) - {"BOARD_VERSION"}

    assert asked == set(example_names())


@pytest.mark.parametrize("service", ["web", "intake", "worker"])
def test_on_one_host_any_other_variable_comes_from_a_file_that_need_not_be_there(service: str) -> None:
    assert read_services(ANSWERS)[service]["env_file"] == [{"path": "board.env", "required": False}]


@pytest.mark.parametrize("name", ["deploy/.env", "deploy/board.env"])
def test_a_filled_in_file_is_never_committed(name: str) -> None:
    assert name in (ROOT / ".gitignore").read_text().splitlines()


def test_the_table_of_the_readme_names_each_variable_and_no_other() -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Configuration\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`([A-Z0-9_]+)`", cell)]

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("name", ["OIDC_*", "WEB_FRONTEND_URL"])
def test_the_readme_says_what_is_ignored_though_people_may_expect_it(name: str) -> None:
    *_, ignored = (ROOT / "README.md").read_text().partition("Any other variable is ignored")

    assert f"`{name}`" in ignored.partition("\n## ")[0]
    assert name.removesuffix("_*").lower() not in {field.partition("_")[0] for field in Settings.model_fields}
    assert name.lower() not in Settings.model_fields
