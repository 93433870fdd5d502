"""MLflow's tracking server: experiments and runs fetched over its REST API, into one file that can be sent."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx

from warmtune.rest.addresses import checked_url
from warmtune.rest.certificates import checked_verify
from warmtune.rest.proxies import proxy_for
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError, UnauthorizedError, UnavailableError
from warmtune.vocabulary.history import HistoryUpload

FORMAT: Final = "warmtune-mlflow-runs-1"
MAX_RUNS: Final = 1_000_000
_PAGE = 1_000
_API = "/api/2.0/mlflow"
_TIMEOUT_S = 60.0


def fetch_runs(url: str, target: Path) -> HistoryUpload:
    """Fetch all active runs of all active experiments.

    Credentials are taken from MLflow's own variables, ``MLFLOW_TRACKING_TOKEN`` or ``MLFLOW_TRACKING_USERNAME`` and
    ``MLFLOW_TRACKING_PASSWORD``, or from the address; proxies and certificates from the variables that the client
    reads.

    Args:
        url: The server's address, with or without ``user:password@``.
        target: Where to write.

    Raises:
        UnavailableError: If the server can't be reached.
        UnauthorizedError: If it wants other credentials.
        InvalidInputError: If the address is none, or what answers there is no tracking server.
        LimitExceededError: On more than `MAX_RUNS` runs.
    """
    url, user = _without_user(url)
    address = checked_url(
        url, field="source", what="the tracking server's address", key_goes="set MLFLOW_TRACKING_USERNAME and _PASSWORD"
    )
    proxy = proxy_for(address)
    certificates = checked_verify(None, is_needed=address.startswith("https:") or proxy is not None)
    with httpx.Client(
        base_url=address,
        headers=_headers(),
        auth=_auth() or user,
        timeout=_TIMEOUT_S,
        trust_env=False,
        proxy=None if proxy is None else proxy.route,
        verify=certificates,
    ) as http:
        try:
            experiments = list(_pages(http, "experiments", {"view_type": "ACTIVE_ONLY"}))
            ids = [str(experiment.get("experiment_id")) for experiment in experiments]
            runs = _runs(http, ids)
        except (AttributeError, KeyError, TypeError) as error:  # of lists and texts where objects are due
            raise _foreign(http, f"its JSON is another's: {error}") from error
    if not runs:
        raise InvalidInputError(f"the tracking server at {url} has no run", field="source", value=url)
    target.write_text(json.dumps({"format": FORMAT, "experiments": experiments, "runs": runs}))
    return HistoryUpload(target, f"{urlsplit(url).hostname or 'mlflow'}.json")


def _runs(http: httpx.Client, experiment_ids: list[str]) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for experiment_id in experiment_ids:
        for run in _pages(http, "runs", {"experiment_ids": [experiment_id], "run_view_type": "ACTIVE_ONLY"}):
            runs.append(run | {"histories": _histories(http, run)})
            if len(runs) > MAX_RUNS:
                raise LimitExceededError(
                    f"the server has more than {MAX_RUNS:,} runs",
                    field="source",
                    value=str(http.base_url),
                    limit=MAX_RUNS,
                )
    return runs


def _without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without user and password, and those: messages have the address."""
    before, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    if not at:
        return url, None
    name, _, password = before.partition(":")
    return url.replace(f"{before}@", "", 1), (unquote(name), unquote(password))


def _headers() -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _auth() -> tuple[str, str] | None:
    user, password = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD")
    return (user, password) if user and password else None


def _pages(http: httpx.Client, what: str, body: dict[str, object]) -> Iterator[dict[str, Any]]:
    """All items of a search, page by page."""
    token = ""
    while True:
        asked = body | {"max_results": _PAGE} | ({"page_token": token} if token else {})
        answer = _asked(http, "POST", f"/{what}/search", json=asked)
        yield from answer.get(what, [])
        token = answer.get("next_page_token", "")
        if not token:
            return


def _histories(http: httpx.Client, run: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """Values by step of the metrics that have more than one; those logged once are in the run itself."""
    histories = {}
    for metric in run.get("data", {}).get("metrics", []):
        if int(metric.get("step", 0)) == 0:
            continue
        query = {"run_id": run["info"]["run_id"], "metric_key": metric["key"]}
        points = _asked(http, "GET", "/metrics/get-history", params=query).get("metrics", [])
        histories[metric["key"]] = [(int(point.get("step", 0)), point["value"]) for point in points]
    return histories


def _asked(http: httpx.Client, method: str, path: str, **sent: Any) -> dict[str, Any]:
    try:
        response = http.request(method, f"{_API}{path}", **sent)
    except httpx.DecodingError as error:
        raise _foreign(http, "its answer can't be unpacked") from error
    except httpx.TransportError as error:
        raise UnavailableError(
            f"the tracking server at {http.base_url} can't be reached: {error}; is it running there, and is "
            "its address spelt right?",
            field="source",
            value=http.base_url,
        ) from error
    if response.status_code in (401, 403):
        raise UnauthorizedError(f"the tracking server at {http.base_url} requires credentials: MLFLOW_TRACKING_TOKEN")
    try:
        body = response.raise_for_status().json()
    except (httpx.HTTPStatusError, ValueError) as error:
        raise _foreign(http, str(response.status_code)) from error
    if not isinstance(body, dict):
        raise _foreign(http, "its answer is not a JSON object")
    return body


def _foreign(http: httpx.Client, reason: str) -> InvalidInputError:
    address = str(http.base_url)
    return InvalidInputError(
        f"what answers at {address} is not an MLflow tracking server ({reason}): give the address that "
        "MLFLOW_TRACKING_URI has",
        field="source",
        value=address,
    )
