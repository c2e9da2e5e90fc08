"""How the board is run on Kubernetes: sizes, probes, and who may speak with whom."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from adminboard.webhooks.incoming import incoming
from tests.deploy.kubernetes import (
    KUBERNETES,
    OVERLAYS,
    Object,
    base_objects,
    config_map,
    container_of,
    find_object,
    overlay_objects,
)

WEB = find_object(base_objects(), "Deployment", "adminboard-web")
WORKER = find_object(base_objects(), "Deployment", "adminboard-worker")
INTAKE = find_object(base_objects(), "Deployment", "adminboard-intake")


@pytest.mark.parametrize("workload", [WEB, INTAKE], ids=["web", "intake"])
def test_pods_that_serve_are_asked_whether_they_live_and_whether_they_can(workload: Object) -> None:
    container = container_of(workload)

    assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert str(container["ports"][0]["containerPort"]) in container["args"]


@pytest.mark.parametrize("name", ["adminboard-web", "adminboard-worker"])
def test_sizes_are_those_that_were_measured_for(name: str) -> None:
    small = container_of(find_object(base_objects(), "Deployment", name))["resources"]
    large = container_of(find_object(overlay_objects("production"), "Deployment", name))["resources"]

    assert small["requests"] == {"cpu": "500m", "memory": "512Mi"}
    assert small["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert large["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert large["limits"] == {"cpu": "2", "memory": "2Gi"}


def test_production_keeps_two_of_each_through_maintenance() -> None:
    objects = overlay_objects("production")
    autoscaler = find_object(objects, "HorizontalPodAutoscaler", "adminboard-web")["spec"]

    assert autoscaler["scaleTargetRef"]["name"] == WEB["metadata"]["name"]
    assert 2 <= autoscaler["minReplicas"] < autoscaler["maxReplicas"]
    assert "replicas" not in WEB["spec"], "each `kubectl apply` would undo what the autoscaler did"
    for workload in (INTAKE, WORKER):
        assert find_object(objects, "Deployment", workload["metadata"]["name"])["spec"]["replicas"] == 2
    for workload in (WEB, INTAKE, WORKER):
        budget = find_object(objects, "PodDisruptionBudget", workload["metadata"]["name"])["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == workload["spec"]["selector"]


def test_a_new_version_takes_over_only_once_it_answers() -> None:
    for workload in (WEB, INTAKE, WORKER):
        assert workload["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert WORKER["spec"]["minReadySeconds"] == 30, "nothing asks it whether it is ready"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_overlay_is_reached_where_its_pages_say(overlay: str) -> None:
    host = urlsplit(config_map(overlay)["PUBLIC_URL"]).hostname
    ingresses = [each for each in overlay_objects(overlay) if each["kind"] == "Ingress"]

    assert len(ingresses) == 2
    for ingress in ingresses:
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]
        assert [tls["hosts"] for tls in ingress["spec"]["tls"]] == [[host]]


def test_http_is_sent_on_and_the_list_of_addresses_spares_stripe() -> None:
    pages = find_object(base_objects(), "Ingress", "adminboard")
    webhooks = find_object(base_objects(), "Ingress", "adminboard-webhooks")
    (path,) = webhooks["spec"]["rules"][0]["http"]["paths"]

    for ingress in (pages, webhooks):
        assert ingress["metadata"]["annotations"]["haproxy.org/ssl-redirect"] == "true"
    assert "haproxy.org/allow-list" in pages["metadata"]["annotations"]
    assert "haproxy.org/allow-list" not in webhooks["metadata"]["annotations"]
    assert (path["path"], path["pathType"]) == (incoming.routes[0].path, "Exact")  # type: ignore[attr-defined]  # a route


@pytest.mark.parametrize(
    "objects", [base_objects(), *map(overlay_objects, OVERLAYS)], ids=["base", *OVERLAYS]
)
def test_what_stripe_sends_goes_to_pods_that_draw_no_pages(objects: list[Object]) -> None:
    (path,) = find_object(objects, "Ingress", "adminboard-webhooks")["spec"]["rules"][0]["http"]["paths"]
    service = find_object(base_objects(), "Service", path["backend"]["service"]["name"])

    assert service["spec"]["selector"] == INTAKE["spec"]["selector"]["matchLabels"]
    assert container_of(INTAKE)["args"][-1] == "--only-webhooks"


def test_the_network_lets_in_the_controller_and_out_to_what_the_board_needs() -> None:
    policies = [each for each in base_objects() if each["kind"] == "NetworkPolicy"]

    assert ports(policies, "ingress") == {("TCP", 8000), ("TCP", 9100)}
    names, databases, public = {("UDP", 53), ("TCP", 53)}, {("TCP", 5432), ("TCP", 6432)}, {("TCP", 443)}
    assert ports(policies, "egress") == names | databases | public
    assert all(rule.get("from") or rule.get("to") for each in policies for rule in rules(each))
    everything = find_object(policies, "NetworkPolicy", "adminboard")["spec"]
    assert everything["policyTypes"] == ["Ingress", "Egress"]
    for workload in base_objects():
        if "template" in workload.get("spec", {}):
            labels = workload["spec"]["template"]["metadata"]["labels"]
            assert everything["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_where_the_product_keeps_its_tables_the_overlay_says_so_to_the_migration(overlay: str) -> None:
    """By a patch that only wants its # taken away."""
    text = (KUBERNETES / "overlays" / overlay / "kustomization.yaml").read_text()
    _, _, after = text.partition("the migration makes the board's alone:\n")
    commented = re.match(r"(?:  # .*\n)+", after)
    assert commented is not None
    wanted = text.replace(commented[0], commented[0].replace("  # ", "  "))
    patch = yaml.safe_load(yaml.safe_load(wanted)["patchesStrategicMerge"][-1])
    migration = find_object(base_objects(), "Job", "adminboard-migration")

    assert "--board-only" not in str(yaml.safe_load(text))
    assert (patch["kind"], patch["metadata"]["name"]) == ("Job", migration["metadata"]["name"])
    assert container_of(patch) == {
        "name": container_of(migration)["name"],
        "args": [*container_of(migration)["args"], "--board-only"],
    }


def test_prometheus_alone_reaches_the_metrics_of_every_pod_that_runs_on() -> None:
    policies = [each for each in base_objects() if each["kind"] == "NetworkPolicy"]
    policy = find_object(policies, "NetworkPolicy", "adminboard-metrics")
    (rule,) = rules(policy)
    (chosen,) = policy["spec"]["podSelector"]["matchExpressions"]
    port = int(config_map("production")["METRICS_PORT"])

    assert [each["port"] for each in rule["ports"]] == [port]
    assert [list(each) for each in rule["from"]] == [["namespaceSelector"]]
    assert [each for each in policies if ("TCP", port) in ports([each], "ingress")] == [policy]
    for workload in (WEB, INTAKE, WORKER):
        container = container_of(workload)
        assert container["name"] in chosen["values"]
        assert {"name": "metrics", "containerPort": port} in container["ports"]
        assert container["args"][1:3] == ["--host", "0.0.0.0"]  # noqa: S104 - what they listen on in the pod


def rules(policy: Object) -> list[Object]:
    return [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]


def ports(policies: list[Object], direction: str) -> set[tuple[str, int]]:
    return {
        (port["protocol"], port["port"])
        for policy in policies
        for rule in policy["spec"].get(direction, [])
        for port in rule["ports"]
    }
