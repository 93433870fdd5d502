"""The embedding for people: a plane, what drives likeness, how two tasks differ."""

import numpy as np
import pytest

from metamodel.embedding.likeness import contrasts, drivers, plane
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.embedding.training import train_embedding
from metamodel.engine import fit_model
from tests.metamodel.importance.test_importance import SPACE, model
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures


def test_what_maps_depend_on_drives_likeness() -> None:
    rng = np.random.default_rng(0)
    moving, idle = rng.normal(size=40), rng.normal(size=(40, 4))
    tasks = [
        MetaFeatures({"moving": float(t), **{f"idle{i}": float(x) for i, x in enumerate(row)}})
        for t, row in zip(moving, idle, strict=True)
    ]
    maps = np.outer(np.tanh(moving), np.linspace(-1.0, 1.0, 30)) + 0.01 * rng.normal(size=(40, 30))
    found = drivers(train_embedding(tasks, maps, seed=0), tasks)
    assert found[0].name == "moving"
    assert found[0].influence > 3.0 * found[1].influence
    assert {driver.name for driver in found} == {"moving", "idle0", "idle1", "idle2", "idle3"}


@pytest.mark.slow
def test_the_plane_has_every_task_in_standard_deviations() -> None:
    fitted = model()
    places = plane(fitted)
    assert places.shape == (len(fitted.histories), 2)
    assert places.mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert np.isfinite(places).all()
    assert plane(fit_model(SPACE, [], metric="m", direction=Direction.MAXIMIZE)).shape == (0, 2)
    assert plane(model(3)).shape == (3, 2)


def test_two_tasks_differ_least_first_in_what_both_are_known_by() -> None:
    tasks = [MetaFeatures({"a": float(i), "b": float(i % 3), "c": float(i)}) for i in range(20)]
    scaler = MetaFeatureScaler.fit(tasks)
    one, other = MetaFeatures({"a": 3.0, "b": 1.0, "c": 2.0}), MetaFeatures({"a": 3.0, "b": 2.0})
    found = contrasts(scaler, one, other)
    assert [contrast.name for contrast in found] == ["a", "b"]
    assert found[0].apart == 0.0
    assert (found[1].one, found[1].other) == (1.0, 2.0)
    assert found[1].apart > 0.5
