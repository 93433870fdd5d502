"""Things to keep."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from store.connections.database import Database
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StoredStudy, StudyRepository
from store.tasks import TaskRepository
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

SPACE = SearchSpace(
    parameters={
        "C": FloatDistribution(1e-3, 1e3, log=True),
        "kernel": CategoricalDistribution(["linear", "rbf", None, True]),
        "gamma": FloatDistribution(1e-4, 10.0, log=True),
        "degree": IntDistribution(1, 9, step=2),
    },
    conditions=(Condition("gamma", "kernel", ("rbf",)),),
    defaults={"C": 1.0},
    aliases={"C": ("cost",)},
)
KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)


def make_task(name: str = "iris", kind: TaskKind = TaskKind.MULTICLASS, **values: float) -> Task:
    features = MetaFeatures(values=values or {"n_rows": 150.0, "tiny": 5e-324, "third": 1 / 3}, gaps={"skew": "none"})
    return Task(task_id_of(kind, features), name, kind, features)


def make_trial(
    number: int, *, value: float | None = 0.5, state: TrialState = TrialState.COMPLETE, **params: object
) -> Trial:
    configuration = {"C": 0.1 + number, "kernel": "linear", "degree": 3, **params}
    return Trial(number, configuration, value=value, state=state, duration_s=1.25)  # type: ignore[arg-type]


def keep_study(
    database: Database,
    study_id: str = "study_1",
    *,
    task: Task | None = None,
    key: ModelKey = KEY,
    search_space_name: str | None = None,
) -> StoredStudy:
    with database.writing() as connection:
        stored = TaskRepository(connection).keep(task or make_task())
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        new = NewStudy(
            study_id,
            stored.seq,
            space_id,
            search_space_name,
            key,
            "a study",
            {"commit": "4f2a", "n": 3, "gpu": False},
        )
        return StudyRepository(connection).create(new)
