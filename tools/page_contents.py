"""What the pages are looked at with: studies of many kinds, odd names, jobs of every state, keys, shares, models.

Everything comes in over the API, as users' own would, and is the same at each run.
"""

import io
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from tests.serving import LiveService
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.wire.spaces import SearchSpaceBody

KEY: Final = "pictures-" + "k" * 40
"""An admin key of the settings."""
END_S: Final = 600.0
BATCH: Final = 5_000
LONG: Final = (
    "credit risk, retail portfolio, third quarter, with bureau features and without the collateral columns, v12"
)
NAMES: Final = (
    "churn of the northern region",
    LONG,
    "x" * 120,
    "نموذج تسرب العملاء",
    "דירוג אשראי 2026 (v2)",
    "顧客離反モデル第三版",
    "ärger & <b>Öl</b>, 100 % „sicher“",
    "a/b:c?d=e&f#g",
)
SPACE: Final = SearchSpace(
    {
        "learning_rate": FloatDistribution(1e-4, 0.3, log=True),
        "n_layers": IntDistribution(1, 8),
        "units_of_the_first_hidden_layer_before_pruning": IntDistribution(16, 1024, log=True),
        "dropout": FloatDistribution(0.0, 0.6),
        "optimizer": CategoricalDistribution(["adam", "sgd", "rmsprop", "a rather long name of an optimizer"]),
        "momentum": FloatDistribution(0.0, 0.99),
        "مُعَدَّل": FloatDistribution(0.0, 1.0),
    },
    conditions=(Condition("momentum", "optimizer", ("sgd",)),),
    defaults={"learning_rate": 0.01, "n_layers": 2, "optimizer": "adam"},
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the pages of interest are about: addresses by the name of their picture."""

    addresses: Mapping[str, str]


class AdminClient:
    """Sends requests with the admin key."""

    def __init__(self, service: LiveService) -> None:
        self._http = httpx.Client(base_url=service.url, timeout=120.0, headers={"Authorization": f"Bearer {KEY}"})

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """An answer that is no failure."""
        answer = self._http.request(method, path, json=body, **more)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def ended(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """A job once it has ended."""
        deadline = time.monotonic() + END_S
        while (now := self.ask("GET", f"/v1/jobs/{job['job_id']}"))["state"] in ("queued", "running"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the job did not end: {now}")
            time.sleep(0.2)
        return dict(now)


def fill(service: LiveService) -> Contents:
    """Fill a service, and say which pages to look at."""
    caller = AdminClient(service)
    caller.ask("PUT", "/v1/search-spaces/network", SearchSpaceBody.from_domain(SPACE).model_dump(mode="json"))
    tasks = [described(caller, *dataset) for dataset in datasets()]
    others = [known_by_features(caller, name, number) for number, name in enumerate(NAMES)]
    own = [study(caller, name, n=20 + 7 * i, task_id=others[i], seed=i) for i, name in enumerate(NAMES)]
    large = study(caller, "nightly search, 50,000 trials", n=50_000, task_id=tasks[0], seed=99)
    few = study(caller, "three trials", n=3, task_id=tasks[1], seed=5)
    empty = study(caller, "nothing yet", n=0, task_id=tasks[1], seed=5)
    front = several(caller, tasks[2])
    known = over_known_space(caller, tasks[0])
    jobs = worked(caller)
    shared(caller)
    query = f"task_id={tasks[0]}&space=lightgbm&metric=accuracy&direction=maximize"
    pages = {
        "overview": "/",
        "studies": "/studies",
        "studies-own": "/studies?own=true",
        "studies-none": "/studies?words=no+such+study",
        "studies-refused": "/studies?own=true&order=mood&sort=%E2%80%AEname",
        "studies-far": "/studies?own=true&offset=99999",
        "origins": "/origins",
        "origins-task": f"/origins?{query}",
        "tasks": "/tasks",
        "tasks-one": f"/tasks?space=lightgbm&task_id={tasks[0]}",
        "transfer": "/transfer",
        "transfer-regression": "/transfer?space=lightgbm&kind=regression",
        "operations": "/operations",
        "sharing": "/operations/shared-models",
        "error": "/studies/study_which_nobody_has",
    }
    pages |= {f"job-{name}": f"/operations/jobs/{job_id}" for name, job_id in jobs.items()}
    named = {
        "study": own[0],
        "bidi": own[3],
        "large": large,
        "few": few,
        "empty": empty,
        "front": front,
        "known": known,
    }
    for name, study_id in named.items():
        for part in ("", "/parameters", "/course"):
            pages[f"{name}{part.replace('/', '-')}"] = f"/studies/{study_id}{part}"
    pages |= {
        f"{name}-trial": f"/studies/{study_id}/trials/1" for name, study_id in (("study", own[0]), ("known", known))
    }
    return Contents(pages)


def datasets() -> Sequence[tuple[str, Any]]:
    """Real tables, by their names."""
    return (
        ("breast cancer", load_breast_cancer(as_frame=True)),
        ("wine, three cultivars", load_wine(as_frame=True)),
        (f"digits {LONG[:80]}", load_digits(as_frame=True)),
    )


def described(caller: AdminClient, name: str, data: Any) -> str:
    """The task of a table that is sent."""
    content = data.frame.to_csv(index=False).encode()
    files = {"file": ("table.csv", io.BytesIO(content))}
    about = {"request": json.dumps({"target": "target", "name": name})}
    return str(caller.ask("POST", "/v1/tasks", files=files, data=about)["task_id"])


def known_by_features(caller: AdminClient, name: str, number: int) -> str:
    """A task of which only meta-features are sent."""
    features = {"n_rows": 1000.0 * (number + 1), "n_columns": 12.0 + number, "majority_share": 0.9 - 0.05 * number}
    body = {"kind": "binary", "meta_features": features, "name": f"data of {name}"[:200]}
    return str(caller.ask("POST", "/v1/tasks", body)["task_id"])


def drawn(rng: np.random.Generator) -> dict[str, object]:
    """A configuration of `SPACE`."""
    params: dict[str, object] = {
        "learning_rate": float(10 ** rng.uniform(-4, math.log10(0.3))),
        "n_layers": int(rng.integers(1, 9)),
        "units_of_the_first_hidden_layer_before_pruning": int(2 ** rng.uniform(4, 10)),
        "dropout": float(rng.uniform(0, 0.6)),
        "optimizer": ["adam", "sgd", "rmsprop", "a rather long name of an optimizer"][int(rng.integers(4))],
        "مُعَدَّل": float(rng.uniform()),
    }
    return params | ({"momentum": float(rng.uniform(0, 0.99))} if params["optimizer"] == "sgd" else {})


def score(params: Mapping[str, Any], rng: np.random.Generator) -> float:
    """What a network of such a configuration could reach."""
    rate = (math.log10(params["learning_rate"]) + 2.2) ** 2
    loss = 0.05 * rate + 0.1 * (params["dropout"] - 0.2) ** 2 + 0.004 * abs(params["n_layers"] - 3)
    loss += {"adam": 0.0, "sgd": 0.02, "rmsprop": 0.01}.get(params["optimizer"], 0.05)
    return float(max(0.93 - loss + rng.normal(0, 0.004), 0.1))


def trial(number: int, rng: np.random.Generator) -> dict[str, object]:
    """A trial: of seventeen one fails, one is pruned and one infeasible."""
    params = drawn(rng)
    value = score(params, rng)
    steps = {str(step): value * (1 - math.exp(-step / 4)) for step in range(1, 13)}
    given: dict[str, object] = {"number": number, "params": params, "duration_s": float(rng.lognormal(3.5, 0.8))}
    if number < 2_000:
        given["intermediate_values"] = steps
    match number % 17:
        case 11:
            return given | {"state": "fail", "intermediate_values": {}}
        case 7:
            return given | {"state": "pruned", "value": None, "intermediate_values": dict(list(steps.items())[:4])}
        case kind:
            return given | {"value": value, "constraints": [0.5 if kind == 3 else -0.5]}


def study(caller: AdminClient, name: str, *, n: int, task_id: str, seed: int) -> str:
    """A study over `SPACE`; the last two of many trials have not ended."""
    about: dict[str, object] = {"task_id": task_id, "search_space": "network", "metric": "accuracy", "name": name}
    about |= {"metadata": {"team": "risk", "note": f"{name}: second run, after the labels were corrected"}}
    study_id = str(caller.ask("POST", "/v1/studies", about)["study_id"])
    rng = np.random.default_rng(seed)
    trials = [trial(number, rng) for number in range(n)]
    if n > 20:
        trials += [{"number": n, "params": drawn(rng), "state": "running"}]
        trials += [{"number": n + 1, "params": drawn(rng), "state": "waiting"}]
    report(caller, study_id, trials)
    return study_id


def report(caller: AdminClient, study_id: str, trials: Sequence[Mapping[str, object]]) -> None:
    """Report trials in batches."""
    for start in range(0, len(trials), BATCH):
        caller.ask("POST", f"/v1/studies/{study_id}/trials", trials[start : start + BATCH])


def several(caller: AdminClient, task_id: str) -> str:
    """A study with three objectives."""
    metrics = ["accuracy", "latency of one prediction in milliseconds", "size_mb"]
    about: dict[str, object] = {
        "task_id": task_id,
        "search_space": "network",
        "name": "accuracy against latency and size",
    }
    about |= {"metrics": metrics, "directions": ["maximize", "minimize", "minimize"]}
    study_id = str(caller.ask("POST", "/v1/studies", about)["study_id"])
    rng = np.random.default_rng(3)
    trials = []
    for number in range(120):
        params: dict[str, Any] = drawn(rng)
        units = params["units_of_the_first_hidden_layer_before_pruning"] * params["n_layers"]
        values = [score(params, rng) + 0.02 * math.log2(units) / 10, 0.3 + units / 900 + rng.uniform(), units * 0.004]
        trials.append({"number": number, "params": params, "values": values, "duration_s": units / 50})
    report(caller, study_id, trials)
    return study_id


def over_known_space(caller: AdminClient, task_id: str) -> str:
    """A study that follows the service's advice over a space with past tasks."""
    about = {"task_id": task_id, "search_space": "lightgbm", "metric": "accuracy", "name": "follows the advice"}
    study_id = str(caller.ask("POST", "/v1/studies", about)["study_id"])
    rng = np.random.default_rng(8)
    for number in range(0, 24, 4):
        asked = caller.ask("POST", f"/v1/studies/{study_id}/suggestions", {"n": 4})["configurations"]
        trials: list[dict[str, object]] = [
            {"number": number + i, "params": one["params"], "value": 0.94 + 0.001 * number + rng.normal(0, 0.004)}
            for i, one in enumerate(asked)
        ]
        report(caller, study_id, [t | {"duration_s": float(rng.lognormal(1.5, 0.4))} for t in trials])
    return study_id


def worked(caller: AdminClient) -> dict[str, str]:
    """Jobs that succeeded, failed, were cancelled, run and wait."""
    history = b"study,number,value,state,params_x\n" + b"".join(
        b"one,%d,0.%02d,COMPLETE,%d\n" % (i, i + 1, i) for i in range(40)
    )
    about = {"request": json.dumps({"kind": "binary", "metric": "accuracy"})}
    taken = caller.ask("POST", "/v1/imports", files={"file": ("history of the old tool.csv", history)}, data=about)
    dry = {"request": json.dumps({"kind": "binary", "metric": "accuracy", "dry_run": True})}
    tried = caller.ask("POST", "/v1/imports", files={"file": ("history.csv", history)}, data=dry)
    bad = caller.ask("POST", "/v1/imports", files={"file": (f"{LONG}.db", b"\x00" * 500)}, data=about)
    refit = caller.ask("POST", "/v1/models/refit", {"search_space": "knn", "kind": "binary", "surrogate": "none"})
    for job in (taken, tried, bad, refit):
        caller.ended(job)
    training = {"name": "line", "search_space": "network", "kind": "binary", "metric": "accuracy"}
    caller.ask("POST", "/v1/neural/models", training)
    running = caller.ask(
        "POST", "/v1/models/refit", {"search_space": "auto", "kind": "multiclass", "metric": "accuracy"}
    )
    waiting = caller.ask("POST", "/v1/models/refit", {"search_space": "mlp", "kind": "binary", "metric": "accuracy"})
    gone = caller.ask("POST", "/v1/models/refit", {"search_space": "linear", "kind": "regression"})
    caller.ask("DELETE", f"/v1/jobs/{gone['job_id']}")
    made = {"import": taken, "dry-run": tried, "failed": bad, "refit": refit, "running": running, "queued": waiting}
    return {name: str(job["job_id"]) for name, job in (made | {"cancelled": gone}).items()}


def shared(caller: AdminClient) -> None:
    """Workspaces, keys of every scope, and models that are shared."""
    for name in ("risk", "forecasting-for-the-logistics-department-of-the-north"):
        caller.ask("POST", "/v1/workspaces", {"name": name})
    for name, scope, more in (
        ("nightly pipeline", "write", {"expires_in_days": 30, "requests_per_minute": 600}),
        (LONG[:100], "read", {}),
        ("on call", "admin", {}),
    ):
        made = caller.ask("POST", "/v1/keys", {"name": name, "owner": "team risk", "scope": scope, **more})
        if name == "on call":
            caller.ask("DELETE", f"/v1/keys/{made['made']['key_id']}")
    for workspace in ("risk", "forecasting-for-the-logistics-department-of-the-north"):
        body = {"workspace": workspace, "search_space": "network", "kind": "binary", "metric": "accuracy"}
        caller.ask("POST", "/v1/shared-models", body)
