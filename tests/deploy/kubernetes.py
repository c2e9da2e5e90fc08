"""What `deploy/kubernetes` says, read without kubectl: the files of the base and of an overlay."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("staging", "production")

Object = dict[str, Any]


def read_objects(folder: Path) -> list[Object]:
    """The objects and patches in a folder's files."""
    files = sorted(path for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")
    return [each for path in files for each in yaml.safe_load_all(path.read_text())]


def base_objects() -> list[Object]:
    return read_objects(KUBERNETES / "base")


def overlay_objects(overlay: str) -> list[Object]:
    return read_objects(KUBERNETES / "overlays" / overlay)


def find_object(objects: list[Object], kind: str, name: str) -> Object:
    return next(each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name))


def container_of(workload: Object) -> Object:
    """The only container of a Deployment or Job."""
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def config_map(overlay: str) -> dict[str, str]:
    """The values of the ConfigMap `adminboard` as an overlay has it."""
    values: dict[str, str] = {}
    for folder in (KUBERNETES / "base", KUBERNETES / "overlays" / overlay):
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
        for generator in kustomization["configMapGenerator"]:
            assert generator["name"] == "adminboard"
            values |= dict(literal.split("=", 1) for literal in generator["literals"])
    return values


def secret_examples() -> dict[str, dict[str, str]]:
    """The values that each secret is to hold, by its name."""
    documents = yaml.safe_load_all((KUBERNETES / "secret.example.yaml").read_text())
    return {each["metadata"]["name"]: each["stringData"] for each in documents}


def variables_of(container: Object, overlay: str) -> dict[str, str]:
    """The environment a container of this overlay gets, with the secrets as in the example."""
    values: dict[str, str] = {}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            assert source["configMapRef"]["name"] == "adminboard"
            values |= config_map(overlay)
        else:
            values |= secret_examples()[source["secretRef"]["name"]]
    return values | {each["name"]: each["value"] for each in container.get("env", [])}


def pods_user() -> int:
    """The number of the user that all pods run as."""
    (user,) = {
        each["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
        for each in base_objects()
        if "template" in each.get("spec", {})
    }
    assert isinstance(user, int)
    return user
