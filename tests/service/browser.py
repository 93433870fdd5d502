"""A real browser without a screen."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
    # what the browser itself would like to fetch finds nobody, and no more would what a page asks for
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of loading a page.

    Attributes:
        dom: The document after its scripts ran.
        requests: Addresses that the page asked for, itself included; the browser's own business left out.
    """

    dom: str
    requests: frozenset[str]


def visit(url: str, directory: Path) -> Visit:
    """Load a page and run its scripts to the end."""
    name = next((name for name in NAMES if shutil.which(name)), None)
    if name is None:
        pytest.skip(f"this test drives a browser, and there is none: install one of {', '.join(NAMES)}")
    log = directory / "requests.json"
    command = [name, *FLAGS, f"--user-data-dir={directory / 'profile'}", f"--log-net-log={log}", "--dump-dom", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return Visit(done.stdout, _requests(log, url))


def _requests(log: Path, url: str) -> frozenset[str]:
    record = json.loads(log.read_text())
    start = record["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    origin = "/".join(url.split("/")[:3])
    begun = [event.get("params", {}) for event in record["events"] if event["type"] == start]
    return frozenset(b["url"] for b in begun if "url" in b and (b["url"] == url or b.get("initiator") == origin))
