"""However the board is run, it is given longer to end than it takes (guarantee 27)."""

import re

import pytest

from adminboard.serving import GRACEFUL_SHUTDOWN_SECONDS
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
    unit = (ROOT / "deploy" / "systemd" / f"adminboard-{part}.service").read_text()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)

    assert int(seconds) > TAKES[part]
    assert "NoNewPrivileges=yes" in unit
    assert "DynamicUser=yes" in unit
