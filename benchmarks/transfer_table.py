"""Recorded tables as arrays, for warm starts and their opponents: halves, folds, and what is known of the past."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.knowledge_tables import load_table
from benchmarks.tables import TuningTable, read_folder
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.arrays import BoolArray, FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError

MIN_SPREAD: Final = 1e-4
SPLIT_SEED: Final = 20_260_101
"""Of the halves: never to be changed, or figures that were confirmed were chosen on the same tasks."""
MIN_SHARE: Final = 0.2
"""Of the tasks that must know a meta-feature for it to count in the opponents' distances."""
HALVES: Final = ("development", "confirming")
PLAIN: Final[dict[str, dict[str, float | int | str | bool | None]]] = {
    "svm": {"kernel": "rbf", "C": 1.0, "gamma": 0.1},
    "rbv2_rpart": {
        "cp": 0.01,
        "maxdepth": 30,
        "minbucket": 7,
        "minsplit": 20,
        "num.impute.selected.cpo": "impute.median",
    },
    "oboe_pipelines": {
        "imputer": "mean",
        "encoder": "one_hot",
        "standardizer": "standard",
        "reducer": "none",
        "estimator": "RF",
        "RF:min_samples_split": 2.0,
        "RF:criterion": "gini",
    },
}
"""What stands for the library's default in tables whose space declares none: that of R's rpart, of scikit-learn's
random forest and of LIBSVM (gamma nearest to one over the number of columns), at the nearest recorded configuration."""


@dataclass(frozen=True, slots=True)
class Material:
    """A table seen as arrays; scores are signed, so that larger is better.

    Attributes:
        table: What it is made of.
        scores: Shape ``(T, C)``: NaN where a task lacks the configuration, or the trial failed.
        features: Shape ``(C, D)``: `UnitCube.features`.
        meta: Shape ``(T, F)``: scaled meta-features, NaN where missing; no columns where the table has none.
        default: The configuration that a cold study tries first.
    """

    table: TuningTable
    scores: FloatArray
    features: FloatArray
    meta: FloatArray
    default: int

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name

    def recorded(self, task: int) -> BoolArray:
        """Shape ``(C,)``: which configurations the task has."""
        has: BoolArray = np.isfinite(self.scores[task])
        return has

    def regret(self, task: int) -> FloatArray:
        """Shape ``(C,)``: 0 at the task's best recorded score, 1 at its worst; NaN where it has none."""
        best, worst = np.nanmax(self.scores[task]), np.nanmin(self.scores[task])
        result: FloatArray = (best - self.scores[task]) / (best - worst)
        return result


def load_material(name: str) -> Material:
    """A folder, ragged or not, or a table of the shipped knowledge base by its name; see `load_table`."""
    return material_of(read_folder(Path(name), ragged=True) if Path(name).is_dir() else load_table(name))


def material_of(table: TuningTable) -> Material:
    """A table's arrays; the default is the space's, or what stands for it in `PLAIN`.

    Raises:
        InvalidInputError: Neither is there.
    """
    cube = UnitCube(table.space)
    features = cube.features(*cube.encode(table.configurations))
    described = [task.meta_features for task in table.tasks]
    meta = (
        MetaFeatureScaler.fit(described, min_share=MIN_SHARE).transform(described)
        if any(m.values for m in described)
        else np.zeros((len(described), 0))
    )
    plain = table.space.default_configuration() or PLAIN.get(table.name)
    if plain is None:
        if "wide-" not in table.name:
            raise InvalidInputError(f"no default of {table.name!r} is known", field="table", value=table.name)
        plain = next(c for c in table.configurations if c["algorithm"] == "random_forest")
    point = cube.features(*cube.encode([table.space.validate(plain)]))
    default = int(((features - point) ** 2).sum(axis=1).argmin())
    return Material(table, table.direction.sign * table.scores, features, meta, default)


@dataclass(frozen=True, slots=True)
class Fold:
    """Targets that are left out together, and what is known of the past then.

    Attributes:
        targets: Tasks.
        past: Tasks, none of them a target's near copy.
        known: For each past task the configurations that are known of it, shape ``(k,)``.
    """

    targets: IntArray
    past: IntArray
    known: tuple[IntArray, ...]


def half_of(material: Material, half: str) -> IntArray:
    """The tasks of one half that vary enough to be targets, in a fixed random order; near copies are in one half."""
    rng = np.random.default_rng(SPLIT_SEED)
    groups = np.array(material.table.groups)
    names = rng.permutation(sorted(set(groups)))
    chosen = set(names[HALVES.index(half) :: 2])
    spread = np.nanmax(material.scores, axis=1) - np.nanmin(material.scores, axis=1)
    return np.array([t for t in rng.permutation(len(groups)) if groups[t] in chosen and spread[t] > MIN_SPREAD])


def timed_targets(material: Material, n: int, half: str = HALVES[1]) -> IntArray:
    """The first `n` tasks of a half, by default the confirming one, whose trials have seconds."""
    is_timed = [bool(np.isfinite(row).any()) for row in material.table.durations_s]
    return np.array([task for task in half_of(material, half) if is_timed[task]], dtype=np.intp)[:n]


def plan_folds(
    material: Material,
    targets: IntArray,
    *,
    n_folds: int,
    n_known: int | None,
    n_past: int | None,
    history: int,
) -> list[Fold]:
    """Leave targets out in groups.

    Args:
        material: The table.
        targets: Tasks to leave out, each once.
        n_folds: Groups.
        n_known: Configurations known of each past task, a random choice of its own; None: all.
        n_past: Past tasks, a random choice; None: all.
        history: Which random choices; equal numbers give equal ones.
    """
    groups = np.array(material.table.groups)
    folds = []
    for fold in range(min(n_folds, len(targets))):
        left_out = targets[fold::n_folds]
        past = np.flatnonzero(~np.isin(groups, groups[left_out]))
        rng = np.random.default_rng([history, fold])
        if n_past is not None and n_past < len(past):
            past = np.sort(rng.choice(past, size=n_past, replace=False))
        known = []
        for task in past:
            has = np.flatnonzero(material.recorded(int(task)))
            task_rng = np.random.default_rng([history, int(task)])  # the same trials whatever else is known
            known.append(
                has if n_known is None or n_known >= len(has) else np.sort(task_rng.permutation(has)[:n_known])
            )
        folds.append(Fold(left_out, past, tuple(known)))
    return folds
