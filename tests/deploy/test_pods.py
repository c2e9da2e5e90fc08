"""The rules for pods hold for ours, and each of them can be broken (guarantee 30)."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.kubernetes import OVERLAYS, base_objects, container_of, find_object, overlay_objects
from tools.manifests import find_overlay_faults
from tools.pod_rules import CONTAINER_RULES, POD_RULES, find_faults, pods_of

Object = dict[str, Any]

POD_SPOILERS: dict[str, Callable[[Object], object]] = {
    "runs as a user whose number the machine may know": lambda pod: pod["securityContext"].update(
        runAsUser=0
    ),
    "may run as root": lambda pod: pod["securityContext"].pop("runAsNonRoot"),
    "is not kept to the usual system calls": lambda pod: pod["securityContext"].pop("seccompProfile"),
    "holds a key to the cluster": lambda pod: pod.pop("automountServiceAccountToken"),
    "shares the machine's network or processes": lambda pod: pod.update(hostNetwork=True),
    "has a volume of the machine's": lambda pod: pod["volumes"].append({"hostPath": {"path": "/"}}),
}
CONTAINER_SPOILERS: dict[str, Callable[[Object], object]] = {
    "may write to its root": lambda inside: inside["securityContext"].pop("readOnlyRootFilesystem"),
    "may gain rights": lambda inside: inside["securityContext"].update(privileged=True),
    "keeps capabilities": lambda inside: inside["securityContext"]["capabilities"].update(add=["SYS_PTRACE"]),
    "takes another user than its pod": lambda inside: inside["securityContext"].update(runAsUser=0),
    "has no bounds": lambda inside: inside["resources"]["limits"].pop("memory"),
}


def test_every_pod_keeps_the_rules() -> None:
    objects = base_objects()

    assert len(list(pods_of(objects))) == 4
    assert find_faults(objects) == []


def test_each_rule_is_tried_below() -> None:
    assert POD_SPOILERS.keys() == POD_RULES.keys()
    assert CONTAINER_SPOILERS.keys() == CONTAINER_RULES.keys()


@pytest.mark.parametrize("fault", POD_RULES)
def test_a_pod_that_breaks_a_rule_is_found(fault: str) -> None:
    web = copy.deepcopy(find_object(base_objects(), "Deployment", "adminboard-web"))
    POD_SPOILERS[fault](web["spec"]["template"]["spec"])

    assert f"Deployment adminboard-web {fault}" in find_faults([web])


@pytest.mark.parametrize("fault", CONTAINER_RULES)
def test_a_container_that_breaks_a_rule_is_found(fault: str) -> None:
    web = copy.deepcopy(find_object(base_objects(), "Deployment", "adminboard-web"))
    CONTAINER_SPOILERS[fault](container_of(web))

    assert find_faults([web]) == [f"Deployment adminboard-web, container web, {fault}"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_changes_nothing_of_what_a_pod_may(overlay: str) -> None:
    for name, pod in pods_of(overlay_objects(overlay)):
        assert pod.keys() <= {"topologySpreadConstraints", "containers"}, name
        containers = pod.get("containers", [])
        assert all(container.keys() <= {"name", "args", "resources"} for container in containers)


def test_a_secret_a_second_namespace_and_a_missing_map_are_found() -> None:
    web = copy.deepcopy(find_object(base_objects(), "Deployment", "adminboard-web"))
    web["metadata"]["namespace"] = "one"
    secret = {"kind": "Secret", "metadata": {"name": "adminboard", "namespace": "two"}}

    assert [fault.partition(":")[0] for fault in find_overlay_faults([web, secret])] == [
        "its objects lie in several namespaces",
        "it holds a secret, which belongs into the secret store",
        "Deployment adminboard-web reads adminboard, which is not there",
    ]
