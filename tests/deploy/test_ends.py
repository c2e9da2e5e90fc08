"""However the board is run, it is given longer to end than it takes (guarantee 27), and told to end once."""

import re
from pathlib import Path

import pytest

from adminboard.serving import GRACEFUL_SHUTDOWN_SECONDS
from adminboard.settings import Settings
from adminboard.worker import GRACE_SECONDS
from tests.deploy.compose import read_services
from tests.deploy.kubernetes import base_objects, container_of, find_object
from tests.deploy.test_environment import ANSWERS
from tools.environment import ROOT

TAKES = {
    "web": GRACEFUL_SHUTDOWN_SECONDS,
    "intake": GRACEFUL_SHUTDOWN_SECONDS,
    "worker": GRACE_SECONDS,
}
UNITS = {
    re.split(r"[-@.]", path.name)[1]: path
    for path in (ROOT / "deploy" / "systemd").glob("adminboard-*.service")
}


@pytest.mark.parametrize("part", TAKES)
def test_on_kubernetes(part: str) -> None:
    workload = find_object(base_objects(), "Deployment", f"adminboard-{part}")
    before_the_signal = container_of(workload).get("lifecycle", {}).get("preStop")
    pause = int(before_the_signal["exec"]["command"][1]) if before_the_signal else 0

    assert workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > pause + TAKES[part]


@pytest.mark.parametrize("part", TAKES)
def test_on_one_host(part: str) -> None:
    assert int(read_services(ANSWERS)[part]["stop_grace_period"].removesuffix("s")) > TAKES[part]


@pytest.mark.parametrize("part", TAKES)
def test_under_systemd(part: str) -> None:
    unit = UNITS[part].read_text()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    drain = longest_drain() if " serve " in unit else 0

    assert int(seconds) > drain + TAKES[part]
    assert "NoNewPrivileges=yes" in unit
    assert "DynamicUser=yes" in unit


def longest_drain() -> float:
    """The most that DRAIN_SECONDS may be."""
    (most,) = [rule.le for rule in Settings.model_fields["drain_seconds"].metadata if hasattr(rule, "le")]
    return float(most)


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_under_systemd_each_process_is_told_once(unit: Path) -> None:
    """By the first process alone, where there are several: told twice, they end without DRAIN_SECONDS."""
    has_several = "--processes" in unit.read_text()

    assert ("\nKillMode=mixed\n" in unit.read_text()) is has_several


def test_under_systemd_a_process_more_is_a_unit_with_another_port() -> None:
    assert UNITS["web"].name == "adminboard-web@.service"
    assert " --port %i " in UNITS["web"].read_text()
