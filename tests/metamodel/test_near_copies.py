"""What is left out with a task."""

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from metamodel.embedding.near_copies import OUTER, copy_shares, groups_of_copies, near_copies
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.engine import fit_model
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind


def test_near_copies_have_nearly_the_same_meta_features_and_the_same_kind() -> None:
    rng = np.random.default_rng(0)
    values = {f"t{number}": dict(zip("abcdef", rng.normal(size=6), strict=True)) for number in range(30)}
    values["copy"] = {name: value + 0.01 for name, value in values["t3"].items()}
    values["other kind"] = dict(values["t3"])
    tasks = [
        Task(task_id, task_id, TaskKind.REGRESSION if task_id == "other kind" else TaskKind.BINARY, MetaFeatures(row))
        for task_id, row in values.items()
    ]
    copies = near_copies(tasks)
    assert copies["t3"] == {"copy"}
    assert copies["copy"] == {"t3"}
    assert not any(found for task_id, found in copies.items() if task_id not in {"t3", "copy"})
    assert not any(near_copies(tasks, threshold=1e-6).values())


def test_copies_of_copies_are_one_group_and_few_numbers_are_no_evidence() -> None:
    rng = np.random.default_rng(1)
    base = dict(zip("abcdefgh", rng.normal(size=8), strict=True))
    rows = {f"t{n}": dict(zip("abcdefgh", rng.normal(size=8), strict=True)) for n in range(20)}
    rows |= {"a": base, "b": {k: v + 0.04 for k, v in base.items()}, "c": {k: v + 0.08 for k, v in base.items()}}
    rows |= {"bare 1": {"a": 0.0, "b": 0.0}, "bare 2": {"a": 0.0, "b": 0.0}}
    tasks = [Task(name, name, TaskKind.BINARY, MetaFeatures(values)) for name, values in rows.items()]
    assert groups_of_copies(tasks) == {"a": "a", "b": "a", "c": "a"}
    assert groups_of_copies(tasks, of={"b"}) == {"a": "a", "b": "a", "c": "a"}
    assert groups_of_copies(tasks, of={"t3"}) == {}


def described(rows: dict[str, dict[str, float]], kind: TaskKind = TaskKind.BINARY) -> list[Task]:
    return [Task(name, name, kind, MetaFeatures(values)) for name, values in rows.items()]


def test_near_copies_together_count_as_one_task() -> None:
    rng = np.random.default_rng(2)
    rows = {f"t{n}": dict(zip("abcdefgh", rng.normal(size=8), strict=True)) for n in range(40)}
    rows |= {f"copy {n}": {k: v + 0.002 * n for k, v in rows["t7"].items()} for n in range(4)}
    rows |= {"bare 1": {"a": 0.0, "b": 0.0}, "bare 2": {"a": 0.0, "b": 0.0}}
    tasks = described(rows)
    tasks.append(Task("numbers", "numbers", TaskKind.REGRESSION, MetaFeatures(rows["t7"])))
    shares = dict(zip((t.task_id for t in tasks), copy_shares(tasks), strict=True))
    together = {"t7", *(f"copy {n}" for n in range(4))}
    assert all(shares[name] == pytest.approx(0.2) for name in together)
    assert all(share == 1.0 for name, share in shares.items() if name not in together)
    assert copy_shares(tasks[:1]).tolist() == [1.0]
    assert copy_shares([]).tolist() == []


def test_shares_are_the_same_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows = {f"t{n}": dict(zip("abcdefgh", rng.normal(size=8), strict=True)) for n in range(30)}
    rows |= {f"copy {n}": {k: v + 0.01 for k, v in rows[f"t{n}"].items()} for n in range(0, 30, 3)}
    tasks = described(rows)
    whole = copy_shares(tasks)
    monkeypatch.setattr("metamodel.embedding.near_copies.BLOCK", 7)
    assert (copy_shares(tasks) == whole).all()
    assert whole.min() == 0.5  # exact by construction


@pytest.mark.slow
def test_a_table_that_was_reported_daily_outvotes_nobody() -> None:
    """Thirty days of one table, on which the second configuration is best, beside ten others that prefer the third."""
    rng = np.random.default_rng(4)
    configurations = tuple({"x": x} for x in (0.1, 0.5, 0.9))
    space = SearchSpace({"x": FloatDistribution(0.0, 1.0)}, defaults={"x": 0.1})

    def history(name: str, values: dict[str, float], scores: list[float]) -> TaskHistory:
        task = Task(name, name, TaskKind.BINARY, MetaFeatures(values))
        return TaskHistory(task, configurations, np.array(scores), np.ones(3))

    base = dict(zip("abcdefgh", rng.normal(size=8), strict=True))
    daily = [history(f"day {n}", {k: v + 1e-3 * n for k, v in base.items()}, [0.5, 0.9, 0.55]) for n in range(30)]
    others = [
        history(f"t{n}", dict(zip("abcdefgh", 3.0 * rng.normal(size=8), strict=True)), [0.5, 0.55, 0.9])
        for n in range(10)
    ]
    model = fit_model(space, [*daily, *others], metric="accuracy", direction=Direction.MAXIMIZE)
    assert model.weigh(None).uniform[:30].sum() < 0.5
    assert model.recommend(None, n=1).configurations[0].configuration == {"x": 0.9}
    alone = fit_model(space, others, metric="accuracy", direction=Direction.MAXIMIZE)
    assert alone.shares is None


def test_tasks_without_a_meta_feature_that_differs_count_each() -> None:
    same = described({f"t{n}": {"n_rows": 100.0, "n_columns": 5.0} for n in range(3)})
    assert copy_shares(same).tolist() == [1.0, 1.0, 1.0]
    assert not any(near_copies(same).values())
    bare = described({"a": {}, "b": {}})
    assert copy_shares(bare).tolist() == [1.0, 1.0]


def test_shares_are_those_of_all_distances() -> None:
    """Candidates are looked for by a lower bound: none may be missed, whatever the gaps and the correlations."""
    rng = np.random.default_rng(4)
    hidden = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 20)) + 0.05 * rng.normal(size=(300, 20))
    hidden[150:] = hidden[rng.integers(0, 150, size=150)] + 0.03 * rng.normal(size=(150, 20))
    hidden[280:] = hidden[270:290]
    is_gap = rng.random(hidden.shape) < 0.1
    kinds = [TaskKind.BINARY, TaskKind.MULTICLASS]
    tasks = [
        Task(f"t{i}", "t", kinds[i % 2], MetaFeatures({f"f{j}": float(row[j]) for j in range(20) if not is_gap[i, j]}))
        for i, row in enumerate(hidden)
    ]
    scaler = MetaFeatureScaler.fit([task.meta_features for task in tasks])
    scaled = scaler.transform([task.meta_features for task in tasks], limit=np.inf)
    low, high = np.nanquantile(scaled, [0.05, 0.95], axis=0)
    scaled = np.clip(scaled / np.maximum((high - low) / OUTER, 1.0), -5.0, 5.0)
    n_known = (~np.isnan(scaled)).sum(axis=1)
    far = np.abs(np.nan_to_num(scaled)[:, None] - np.nan_to_num(scaled)[None]).sum(axis=2) / n_known[:, None]
    of_kind = np.arange(300)[:, None] % 2 == np.arange(300) % 2
    for threshold in (0.05, 0.2, 0.6):
        counts = ((far < threshold) & of_kind).sum(axis=1)
        assert (counts > 1).sum() > 10
        np.testing.assert_array_equal(copy_shares(tasks, threshold=threshold), 1.0 / counts)
