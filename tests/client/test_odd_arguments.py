"""Arguments of any type: a call takes what is plainly meant, and refuses all else by name before anything is sent."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution

import warmtune
from tests.serving import ROOT
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, UnavailableError, WarmtuneError
from warmtune.vocabulary.trial import Trial

SPACE = {"x": FloatDistribution(0.0, 1.0)}
ODD: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1.5, float("nan"), float("inf"), 10**30, "", "a", b"5", [], ["a"], [1], (), {}),
    *({"a": 1}, set(), {1}, object(), len, np.int64(3), np.float64(2.0), np.array(3), np.array([1, 2]), np.bool_(True)),
    *(pd.NA, pd.NaT, pd.Series([1]), Decimal(3), Path("x"), 5j, type, "\ud800", "a\x00b", "a" * 10_000, range(3)),
)
NOWHERE = "http://127.0.0.1:9"

Ask = Callable[[Client, TaskDescription, object], object]

CALLS: dict[str, Ask] = {
    "n": lambda client, task, odd: client.recommend(task, SPACE, metric="accuracy", n=odd),  # type: ignore[arg-type]
    "metric": lambda client, task, odd: client.recommend(task, SPACE, metric=odd),  # type: ignore[arg-type]
    "budget": lambda client, task, odd: client.recommend(task, SPACE, time_budget_s=odd),  # type: ignore[arg-type]
    "exclude": lambda client, task, odd: client.recommend(task, SPACE, exclude_task_ids=odd),  # type: ignore[arg-type]
    "limit": lambda client, _, odd: client.list_tasks(limit=odd),  # type: ignore[arg-type]
    "cursor": lambda client, _, odd: client.list_studies(cursor=odd),  # type: ignore[arg-type]
    "own": lambda client, _, odd: client.list_studies(own=odd),  # type: ignore[arg-type]
    "neighbours": lambda client, _, odd: client.neighbours("task_1", n=odd),  # type: ignore[arg-type]
    "kinds": lambda client, _, odd: client.put_search_space("own", SPACE, kinds=odd),  # type: ignore[arg-type]
    "trials": lambda client, _, odd: client.report_trials("study_1", odd),  # type: ignore[arg-type]
    "pending": lambda client, _, odd: client.suggestions("study_1", pending=odd),  # type: ignore[arg-type]
    "seen": lambda client, task, odd: client.suggestions_for(task, SPACE, trials=odd),  # type: ignore[arg-type]
    "warm metric": lambda client, task, odd: client.warm_start(
        optuna.create_study(direction="maximize"),
        task,
        search_space=SPACE,
        metric=odd,  # type: ignore[arg-type]
    ),
    "warm upload": lambda client, task, odd: client.warm_start(
        optuna.create_study(direction="maximize"),
        task,
        search_space=SPACE,
        upload=odd,  # type: ignore[arg-type]
    ),
    "study": lambda client, task, odd: client.report(odd, task),  # type: ignore[call-overload]
    "sampler": lambda client, task, odd: WarmtuneSampler(client, task, search_space=SPACE, metric=odd),  # type: ignore[arg-type]
    "timeout": lambda client, _, odd: client.wait_for_job("job_1", timeout_s=odd),  # type: ignore[arg-type]
    "poll": lambda client, _, odd: client.wait_for_job("job_1", poll_s=odd),  # type: ignore[arg-type]
    "source": lambda client, _, odd: client.import_history(odd),  # type: ignore[arg-type]
    "constraints": lambda _, __, odd: Trial(0, {"x": 0.5}, 0.5, constraints=odd),  # type: ignore[arg-type]
    "values": lambda _, __, odd: Trial(0, {"x": 0.5}, 0.5, values=odd),  # type: ignore[arg-type]
    "steps": lambda _, __, odd: Trial(0, {"x": 0.5}, 0.5, intermediate_values=odd),  # type: ignore[arg-type]
    "condition": lambda _, __, odd: warmtune.Condition("x", "y", odd),  # type: ignore[arg-type]
    "conditions": lambda _, __, odd: warmtune.SearchSpace(SPACE, conditions=odd),  # type: ignore[arg-type]
    "aliases": lambda _, __, odd: warmtune.SearchSpace(SPACE, aliases={"x": odd}),  # type: ignore[dict-item]
    "nominal": lambda _, __, odd: warmtune.describe_task({"a": [1.0, 2.0]}, [0, 1], nominal=odd),  # type: ignore[arg-type]
    "configuration": lambda _, __, odd: warmtune.build("svm_rbf", odd, {"a": [1.0]}, kind="binary"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.slow
def test_only_errors_of_the_family_come_of_odd_arguments(call: str, described: TaskDescription) -> None:
    with Client(NOWHERE, retry=Retry(attempts=1)) as client:
        for odd in ODD:
            try:
                CALLS[call](client, described, odd)
            except WarmtuneError as error:
                assert error.field, odd


REFUSED: dict[str, tuple[object, ...]] = {
    "limit": ([], [1], (), True, 1.5, {}, np.array([1])),
    "cursor": ([], (), 1.5),
    "own": ("no", 1, None),
    "neighbours": ([], [5], True),
    "n": (True, np.bool_(True), np.array(3), "5"),
    "budget": (True, np.bool_(True), "5"),
    "kinds": ({}, "binary", np.array(3)),
    "study": ("", "a", {}, None, 3),
    "nominal": (True, {}, {"a": False}, np.array(3)),
    "timeout": (None, "60", True, -1, float("nan")),
    "poll": (None, 0, True, float("inf")),
    "warm upload": ("no", 0, None),
}


@pytest.mark.parametrize(("call", "odd"), [(call, odd) for call, several in REFUSED.items() for odd in several])
def test_what_only_looks_like_it_is_refused(call: str, odd: object, described: TaskDescription) -> None:
    with Client(NOWHERE, retry=Retry(attempts=1)) as client, pytest.raises(InvalidInputError) as refused:
        CALLS[call](client, described, odd)
    assert not isinstance(refused.value, UnavailableError)
    assert refused.value.field


WITHOUT_FILES = f"""
import resource
import warmtune
client = warmtune.Client("{NOWHERE}", retry=warmtune.Retry(attempts=1))
try:
    client.health()  # what is imported late is imported now
except warmtune.UnavailableError:
    pass
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    warmtune.Client("{NOWHERE}", retry=warmtune.Retry(attempts=1)).health()
except warmtune.UnavailableError as error:
    print("told:", error)
"""


@pytest.mark.slow
def test_a_process_without_free_file_descriptors_gets_an_error_of_the_family() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FILES], cwd=ROOT / "client", capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("told: the service at http://127.0.0.1:9 can't be reached"), done.stderr
