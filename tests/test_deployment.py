"""Compose file and manifests: what they say must be true of the service."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Optuna, without types

from service.settings import Settings
from tests.serving import ROOT

MANIFESTS = ROOT / "deploy" / "kubernetes"
SETTINGS = {f"WARMTUNE_{name.upper()}" for name in Settings.model_fields}


def documents() -> Iterator[dict[str, Any]]:
    """All resources."""
    for name in yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"]:
        yield from yaml.safe_load_all((MANIFESTS / name).read_text())


def deployments() -> list[dict[str, Any]]:
    return [document for document in documents() if document["kind"] == "Deployment"]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    return loaded


def test_every_manifest_is_listed() -> None:
    listed = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"} == set(listed)


def test_variables_are_settings() -> None:
    texts = [path.read_text() for path in (*MANIFESTS.iterdir(), ROOT / "docker" / "compose.yaml")]
    named = {name for text in texts for name in re.findall(r"WARMTUNE_[A-Z_]+", text)}
    assert named - SETTINGS == {"WARMTUNE_POSTGRES_PASSWORD"}


def test_each_replica_knows_of_how_many_it_is_one() -> None:
    (config,) = [one for one in documents() if one["kind"] == "ConfigMap"]
    (service,) = [one for one in deployments() if one["metadata"]["name"] == "warmtune"]
    assert int(config["data"]["WARMTUNE_N_SERVICES"]) == service["spec"]["replicas"]


@pytest.mark.parametrize("deployment", deployments(), ids=lambda d: d["metadata"]["name"])
def test_pods_have_no_rights_they_dont_need(deployment: dict[str, Any]) -> None:
    pod = deployment["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    secured = container["securityContext"]
    assert (secured["allowPrivilegeEscalation"], secured["readOnlyRootFilesystem"]) == (False, True)
    assert secured["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {"/jobs", "/tmp", "/var/lib/warmtune"}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert (
        deployment["spec"]["selector"]["matchLabels"].items()
        <= deployment["spec"]["template"]["metadata"]["labels"].items()
    )


def test_the_user_is_that_of_the_image() -> None:
    uid = re.search(r"--uid (\d+)", (ROOT / "docker" / "Dockerfile").read_text())
    assert uid is not None
    for deployment in deployments():
        assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == int(uid[1])


def test_services_leave_jobs_to_workers_and_share_a_directory_with_them() -> None:
    services = compose()["services"]
    assert services["warmtune"]["environment"]["WARMTUNE_RUN_JOBS"] == "false"
    assert services["worker"]["command"] == ["python", "-m", "service.worker"]
    for name in ("warmtune", "worker"):
        assert services[name]["environment"]["WARMTUNE_JOB_DIRECTORY"] == "/jobs"
        assert "jobs:/jobs" in services[name]["volumes"]
        assert services[name]["read_only"] is True
    assert "jobs" in compose()["volumes"]
    by_name = {d["metadata"]["name"]: d["spec"]["template"]["spec"]["containers"][0] for d in deployments()}
    assert by_name["warmtune"]["env"] == [{"name": "WARMTUNE_RUN_JOBS", "value": "false"}]
    assert by_name["warmtune-worker"]["command"] == ["python", "-m", "service.worker"]


def test_probes_ask_what_exists() -> None:
    (container,) = [d["spec"]["template"]["spec"]["containers"][0] for d in deployments() if "worker" not in str(d)]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"  # never the database: a restart mends none
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    stop_s = int(Settings.model_fields["shutdown_timeout_s"].default)
    for deployment in deployments():
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > stop_s + 5
