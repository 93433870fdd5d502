"""All shipped search spaces."""

from functools import cache

from warmtune.catalogue.auto import auto
from warmtune.catalogue.catboost import catboost
from warmtune.catalogue.entry import CatalogueEntry
from warmtune.catalogue.extra_trees import extra_trees
from warmtune.catalogue.hist_gradient_boosting import hist_gradient_boosting
from warmtune.catalogue.knn import knn
from warmtune.catalogue.lightgbm import lightgbm
from warmtune.catalogue.linear import linear
from warmtune.catalogue.mlp import mlp
from warmtune.catalogue.random_forest import random_forest
from warmtune.catalogue.scikit_pipelines import scikit_pipelines
from warmtune.catalogue.svm_rbf import svm_rbf
from warmtune.catalogue.xgboost import xgboost
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.task import TaskKind

ALGORITHMS = (
    random_forest,
    hist_gradient_boosting,
    svm_rbf,
    mlp,
    lightgbm,
    xgboost,
    catboost,
    extra_trees,
    linear,
    knn,
)


@cache  # immutable
def catalogue() -> tuple[CatalogueEntry, ...]:
    """All shipped search spaces, in a fixed order; of each name first the one for classes, then the one for numbers."""
    algorithms = [make() for make in ALGORITHMS]
    fitted = tuple(entry for algorithm in (*algorithms, auto(algorithms)) for entry in algorithm.entries())
    return (*fitted, scikit_pipelines())


def find_entry(name: str, kind: TaskKind) -> CatalogueEntry:
    """The entry of that name for that kind.

    Raises:
        NotFoundError: If there is none; the message lists the names.
    """
    entries = catalogue()
    for entry in entries:
        if entry.name == name and kind in entry.kinds:
            return entry
    names = sorted({entry.name for entry in entries if kind in entry.kinds})
    raise NotFoundError(
        f"no search space {name!r} for {kind} tasks; there are {', '.join(names)}{did_you_mean(name, names)}",
        field="search_space",
        value=name,
        limit=", ".join(names),
    )
