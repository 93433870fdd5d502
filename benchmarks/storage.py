"""The store, measured: batches of trials taken in, a knowledge base loaded, histories read.

``python -m benchmarks.storage`` measures SQLite in a temporary directory and the PostgreSQL that the tests use.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.histories import past_tasks
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, replace_shipped
from store.studies import NewStudy, StudyRepository
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.postgres_server import started_postgres
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial

SPACE = SearchSpace(
    {
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "kernel": CategoricalDistribution(["rbf", "linear"]),
        "degree": IntDistribution(1, 9),
    }
)
KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
N_TRIALS = 10_000
N_PAST_STUDIES, N_PAST_TRIALS = 1_500, 25


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="wtb-") as directory:
        measure("SQLite", f"sqlite:///{directory}/store.db")
        with started_postgres(Path(directory) / "pg") as url:
            measure("PostgreSQL", url)


def measure(name: str, url: str) -> None:
    """One database's figures."""
    database = Database(url)
    print(f"{name}: migrated in {seconds_of(database.migrate):.2f} s")
    tasks = [
        Task(f"past_{i}", f"past {i}", TaskKind.BINARY, MetaFeatures({f"f{j}": float(i + j) for j in range(60)}))
        for i in range(106)
    ]
    with database.of(SHIPPED).writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
    past = ShippedTrials.of(
        (number, trial.configuration, trial.value, trial.duration_s)
        for number, trial in enumerate(map(make_trial, range(N_PAST_TRIALS)))
    )
    shipped = [
        ShippedStudy(f"shipped_{i}", f"past_{i % 106}", space_id, "svm", KEY, past) for i in range(N_PAST_STUDIES)
    ]

    def load() -> None:
        with database.writing() as connection:
            replace_shipped(connection, "v1", tasks, shipped)

    def read() -> None:
        with database.reading() as connection:
            past_tasks(connection, KEY)

    database = database.of_default()
    with database.writing() as connection:
        SearchSpaceRepository(connection).keep(SPACE)
    total = N_PAST_STUDIES * N_PAST_TRIALS
    print(f"  a knowledge base of {total:,} trials loaded       {seconds_of(load):8.2f} s")
    print(f"  {total:,} past trials read                        {seconds_of(read):8.2f} s")
    with database.writing() as connection:
        task = TaskRepository(connection).keep(tasks[0])
        study = StudyRepository(connection).create(NewStudy("own", task.seq, space_id, None, KEY, None, {}))
    batch = [make_trial(number) for number in range(N_TRIALS)]

    def report() -> None:
        with database.writing() as connection:
            TrialRepository(connection).report(study, batch)

    for which in ("new trials in one batch", "the same batch again   "):
        print(f"  {N_TRIALS:,}, {which}              {N_TRIALS / seconds_of(report):10,.0f} a second")
    database.close()


def make_trial(number: int) -> Trial:
    """A trial of three parameters."""
    configuration: dict[str, ParameterValue] = {"C": 1.0 / (number + 1), "kernel": "rbf", "degree": 3}
    return Trial(number, configuration, value=number / 100, duration_s=1.5)


def seconds_of(action: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
