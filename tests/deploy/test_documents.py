"""The commands of DEPLOYMENT.md: what they name is there, and their order leaves the board up."""

import re

import pytest

from tests.deploy.compose import DEPLOY, read_services
from tests.deploy.test_environment import ANSWERS
from tools.environment import ROOT

TEXT = (ROOT / "docs" / "DEPLOYMENT.md").read_text()
COMPOSE = "docker compose --file deploy/compose.yaml "
UNITS = sorted(path.name.removesuffix(".service") for path in (DEPLOY / "systemd").glob("*.service"))


def block_with(words: str) -> list[str]:
    """The lines of the one block of commands that holds these words."""
    (block,) = [each for each in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) if words in each]
    return [line.strip() for line in block.splitlines()]


def upgrade_of(way: str) -> str:
    """What the table of upgrades says of one way to run the board."""
    (row,) = re.findall(rf"^\| {way} \| (.*) \|$", TEXT, re.MULTILINE)
    assert isinstance(row, str)
    return row


def test_without_a_container_each_version_has_a_folder_and_a_link_leads_to_the_one_that_runs() -> None:
    """Scripts of a virtual environment name its folder, so it cannot be moved to where another was."""
    commands = block_with("python3 -m venv")
    (link,) = [number for number, line in enumerate(commands) if line.startswith("ln -sfn ")]

    assert commands[link] == "ln -sfn adminboard-$VERSION /opt/adminboard"
    assert all("/opt/adminboard/" not in line for line in commands[:link])
    assert any("/opt/adminboard-$VERSION/bin/adminboard migrate" in line for line in commands[:link])
    for unit in UNITS:
        assert "\nExecStart=/opt/adminboard/bin/" in (DEPLOY / "systemd" / f"{unit}.service").read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_is_started_and_at_an_upgrade_restarted(unit: str) -> None:
    (start,) = [line for line in block_with("systemctl enable") if "enable" in line]
    (restart,) = re.findall(r"`systemctl restart ([^`]*)`", upgrade_of("B"))

    assert unit in start
    assert unit in restart


def test_on_one_host_an_upgrade_migrates_while_the_old_version_serves() -> None:
    """`up` ends what it replaces before it starts anything."""
    upgrade = upgrade_of("C")
    steps = [
        upgrade.index(words) for words in ("compose.yaml build`", "`run --rm migration`", "`up --detach`")
    ]

    assert steps == sorted(steps)


def test_on_one_host_the_database_knows_a_new_password_before_anything_logs_in_with_it() -> None:
    commands = [line.partition("  ")[0] for line in block_with("roles.sql\ndocker")]

    assert [line.removeprefix(COMPOSE).split()[0] for line in commands] == ["up", "exec", "up", "up"]
    assert commands[0].endswith(" --no-deps postgres"), "the migration would fail its login for ever"
    assert commands[2].endswith(" --no-deps --force-recreate pgbouncer"), "Compose may miss a changed config"
    assert commands[3] == f"{COMPOSE}up --detach"


def test_what_compose_is_told_is_in_its_file() -> None:
    services = read_services(ANSWERS)
    (script,) = re.findall(r"--file (/docker-entrypoint-initdb\.d/\S+)", TEXT)

    assert any(f":{script}:" in mount for mount in services["postgres"]["volumes"] if isinstance(mount, str))
    assert services["postgres"]["environment"].keys() >= {"OWNER_PASSWORD", "BOARD_PASSWORD"}
    assert "docker compose " not in TEXT.replace(COMPOSE, "")
