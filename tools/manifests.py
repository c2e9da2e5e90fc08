"""Draw each overlay's Kubernetes objects with kubectl, and hold them against schemas and our rules."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.environment import ROOT, SetupError
from tools.kubectl import MISSING, find_kubectl
from tools.pod_rules import find_faults, pods_of

OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
KUBERNETES_VERSIONS = ("1.31", "1.37")
"""The oldest and the newest the objects are for; what both know, those between know."""


def draw(kubectl: Path, overlay: Path) -> str:
    """The overlay's objects as YAML. Raises `SetupError` when kubectl cannot put them together."""
    answer = subprocess.run([kubectl, "kustomize", overlay], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SetupError(f"{overlay.name}: kubectl does not put it together: {answer.stderr.strip()}")
    return answer.stdout


def find_schema_faults(drawn: str) -> list[str]:
    """What the schemas of Kubernetes refuse, an unknown field too."""
    faults = []
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(drawn)
        file.flush()
        for version in KUBERNETES_VERSIONS:
            words = ["--kubernetes-version", version, "--strict", "--quiet", file.name]
            command = [sys.executable, "-m", "kubernetes_validate", *words]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode != 0:
                faults.append(f"Kubernetes {version} refuses it: {(answer.stdout + answer.stderr).strip()}")
    return faults


def find_overlay_faults(objects: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the drawn objects of one overlay by our own rules."""
    faults = find_faults(objects)
    namespaces = {each["metadata"].get("namespace") for each in objects if each["kind"] != "Namespace"}
    if len(namespaces) != 1 or None in namespaces:
        faults.append(f"its objects lie in several namespaces: {namespaces}")
    if any(each["kind"] == "Secret" for each in objects):
        faults.append("it holds a secret, which belongs into the secret store")
    faults += find_dangling(objects)
    return faults


def find_dangling(objects: list[dict[str, Any]]) -> list[str]:
    """What a pod refers to by name and is not there. Secrets are made elsewhere."""
    maps = {each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"}
    return [
        f"{name} reads {source['configMapRef']['name']}, which is not there"
        for name, pod in pods_of(objects)
        for container in pod["containers"]
        for source in container.get("envFrom", [])
        if "configMapRef" in source and source["configMapRef"]["name"] not in maps
    ]


def main() -> None:
    """Look at every overlay; without kubectl say so and leave it."""
    kubectl = find_kubectl()
    if kubectl is None:
        print(MISSING, file=sys.stderr)
        return
    faults = []
    for overlay in sorted(path.parent for path in OVERLAYS.glob("*/kustomization.yaml")):
        drawn = draw(kubectl, overlay)
        found = find_schema_faults(drawn) + find_overlay_faults(list(yaml.safe_load_all(drawn)))
        faults += [f"{overlay.name}: {fault}" for fault in found]
    if faults:
        raise SetupError("\n".join(faults))


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(str(error))
