"""Fuzz the service's API by its own description, statefully: `make fuzz`, or `make fuzz FUZZ_SECONDS=1800`.

Schemathesis makes requests from ``/openapi.json``, valid and not, and follows what answers name: what was made is read,
changed, deleted, and asked for again. A 5xx, an answer that the description doesn't know, one that breaks its schema,
one that doesn't come in time, an operation that goes without a key, and a deleted thing that is still there end it with
status 1. So does a run in which few operations ever succeeded, since it says nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from tests.serving import ROOT, LiveService, start_service

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
    "deleted_is_gone",  # tools/schemathesis_checks.py
    "ensure_resource_availability",
)
KEY: Final = "fuzz-" + "k" * 40
"""An admin key of the settings, which no request can revoke; without one, the first key that is made locks all out."""
ANSWER_S: Final = 330
"""No answer takes longer than `WARMTUNE_REQUEST_TIMEOUT_S`, set below it, allows."""
SETTINGS: Final = {
    "api_keys": KEY,
    "request_timeout_s": "300",
    "max_queued_jobs": "100000",
    "max_kept_jobs": "100000",
    "backtest_targets": "5",
    "backtest_trials": "3",
    "max_neural_train_steps": "50",
}
"""Small limits on work, so that the time goes into requests; no limit on how many jobs wait, which would be a 503."""
LEAST_SUCCEEDED: Final = 15


def main() -> None:
    """Start a service, fuzz it, and stop it; it must end well, too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemathesis", default="st", help="its command")
    parser.add_argument("--seconds", type=int, default=120, help="how long")
    parser.add_argument("--seed", type=int, help="by default another one each time, which is printed")
    parser.add_argument("--log", type=Path, help="where the service's log goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wtf-", ignore_cleanup_errors=True) as name:
        service = start_service(Path(name), **SETTINGS)
        status = fuzz(service, asked.schemathesis, seconds=asked.seconds, seed=asked.seed)
        answers = counted(service)
        unexpected = [line for line in service.log_lines() if line["event"] == "unexpected"]
        end = service.stop()
        if asked.log is not None:
            asked.log.write_bytes(service.log.read_bytes())
    succeeded = {operation for operation, code in answers if code.startswith("2")}
    classes = Counter[str]()
    for (_, code), n in answers.items():
        classes[f"{code[0]}xx"] += n
    said = [f"unexpected: {line}" for line in unexpected]
    said.append(f"answers: {dict(sorted(classes.items()))}; operations that succeeded: {len(succeeded)}")
    said.append(f"unexpected errors in the log: {len(unexpected)}; the service ended with {end}")
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(1 if status or unexpected or end or len(succeeded) < LEAST_SUCCEEDED else 0)


def fuzz(service: LiveService, command: str, *, seconds: int, seed: int | None) -> int:
    """Run schemathesis against a service; its exit status."""
    config = Path(__file__).with_name("schemathesis.toml")
    asked = [
        *("--checks", ",".join(CHECKS)),
        *("--header", f"Authorization: Bearer {KEY}"),
        *("--max-time", str(seconds)),
        *("--request-timeout", str(ANSWER_S)),
        *("--suppress-health-check", "all"),
        *("--warnings", "off"),
        "--continue-on-failure",
        *(() if seed is None else ("--seed", str(seed))),
    ]
    call = [command, "--config-file", str(config), "run", f"{service.url}/openapi.json", *asked]
    hooks = {"SCHEMATHESIS_HOOKS": "tools.schemathesis_checks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(call, check=False, env={**os.environ, **hooks}).returncode


def counted(service: LiveService) -> Counter[tuple[str, str]]:
    """How many answers of each operation had each status."""
    text = service.http.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).raise_for_status().text
    found: Counter[tuple[str, str]] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "warmtune_requests_total":
                labels = sample.labels
                found[f"{labels['method']} {labels['route']}", labels["status"]] += int(sample.value)
    return found


if __name__ == "__main__":
    main()
