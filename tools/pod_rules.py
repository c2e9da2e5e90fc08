"""What the board asks of its pods (guarantee 30): no root, no writing, no rights, bounded."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object, as its YAML says it."""

Rule = Callable[[Object], bool]

SMALLEST_USER = 10_000
"""Below are users that a machine may know; a container that breaks out must be nobody there."""

# By what is wrong where the rule does not hold.
POD_RULES: dict[str, Rule] = {
    "runs as a user whose number the machine may know": lambda pod: (
        pod.get("securityContext", {}).get("runAsUser", 0) >= SMALLEST_USER
    ),
    "may run as root": lambda pod: pod.get("securityContext", {}).get("runAsNonRoot") is True,
    "is not kept to the usual system calls": lambda pod: (
        pod.get("securityContext", {}).get("seccompProfile") == {"type": "RuntimeDefault"}
    ),
    "holds a key to the cluster": lambda pod: pod.get("automountServiceAccountToken") is False,
    "shares the machine's network or processes": lambda pod: (
        not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    ),
    "has a volume of the machine's": lambda pod: (
        not any("hostPath" in volume for volume in pod.get("volumes", []))
    ),
}
CONTAINER_RULES: dict[str, Rule] = {
    "may write to its root": lambda inside: (
        inside.get("securityContext", {}).get("readOnlyRootFilesystem") is True
    ),
    "may gain rights": lambda inside: (
        inside.get("securityContext", {}).get("allowPrivilegeEscalation") is False
        and not inside["securityContext"].get("privileged")
    ),
    "keeps capabilities": lambda inside: (
        inside.get("securityContext", {}).get("capabilities") == {"drop": ["ALL"]}
    ),
    "takes another user than its pod": lambda inside: (
        not {"runAsUser", "runAsNonRoot", "seccompProfile"} & inside.get("securityContext", {}).keys()
    ),
    "has no bounds": lambda inside: all(
        {"cpu", "memory"} <= inside.get("resources", {}).get(kind, {}).keys()
        for kind in ("requests", "limits")
    ),
}


def find_faults(objects: Iterable[Object]) -> list[str]:
    """One sentence for each rule that a pod or one of its containers breaks."""
    faults = []
    for name, pod in pods_of(objects):
        faults += [f"{name} {fault}" for fault, holds in POD_RULES.items() if not holds(pod)]
        for container in containers_of(pod):
            inside = f"{name}, container {container['name']},"
            faults += [
                f"{inside} {fault}" for fault, holds in CONTAINER_RULES.items() if not holds(container)
            ]
    return faults


def pods_of(objects: Iterable[Object]) -> Iterator[tuple[str, Object]]:
    """The specification of each pod that the objects lead to, and what to call it."""
    for each in objects:
        if each["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}:
            yield f"{each['kind']} {each['metadata']['name']}", each["spec"]["template"]["spec"]


def containers_of(pod: Object) -> list[Object]:
    return [*pod.get("initContainers", []), *pod["containers"]]
