"""What `deploy/compose.yaml` says, with values put where it names variables."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def compose_text() -> str:
    return (DEPLOY / "compose.yaml").read_text()


def read_services(values: Mapping[str, str]) -> dict[str, Any]:
    """The services as Compose understands them with these variables."""
    services = filled_in(yaml.safe_load(compose_text()), values)["services"]
    assert isinstance(services, dict)
    return services


def filled_in(node: Any, values: Mapping[str, str]) -> Any:
    """Compose's own three forms: a value, a value or another, a value or an error."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match["name"], "")
        if not value and match["kind"] == "?":
            raise LookupError(match["rest"])
        return value or (match["rest"] if match["kind"] == "-" else "")

    if isinstance(node, dict):
        return {name: filled_in(part, values) for name, part in node.items()}
    if isinstance(node, list):
        return [filled_in(part, values) for part in node]
    return VARIABLE.sub(value_of, node) if isinstance(node, str) else node


def example_names() -> list[str]:
    """The variables that `.env.example` lists; it gives none a value."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    assignments = [line.partition("=") for line in lines if line and not line.startswith("#")]
    assert all(not value for _, _, value in assignments)
    return [name for name, _, _ in assignments]
