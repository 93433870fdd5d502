import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from metafeatures.scaling import CLIP, Scaling, fit_scaling
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures


def tasks(n: int = 60) -> list[MetaFeatures]:
    rng = np.random.default_rng(0)
    rows = [
        {"calm": float(rng.normal(5.0, 2.0)), "heavy": float(10 ** rng.uniform(0, 6)), "same": 3.0} for _ in range(n)
    ]
    for row in rows[::4]:
        del row["calm"]
    return [MetaFeatures(row, {} if "calm" in row else {"calm": "unknown"}) for row in rows]


def test_columns_are_centred_scaled_and_logged_where_heavy() -> None:
    fitted = tasks()
    scaling = fit_scaling(fitted)
    assert dict(zip(scaling.names, scaling.is_log, strict=True)) == {"calm": False, "heavy": True, "same": False}
    scaled = scaling.transform(fitted)
    for j, name in enumerate(scaling.names):
        column = scaled.values[scaled.known[:, j], j]
        assert np.median(column) == pytest.approx(0.0, abs=1e-12), name
    q25, q75 = np.quantile(scaled.values[:, scaling.names.index("heavy")], (0.25, 0.75))
    assert q75 - q25 == pytest.approx(1.349, rel=1e-6)
    assert (scaled.values[:, scaling.names.index("same")] == 0.0).all()


def test_what_is_unknown_is_0_and_masked_and_what_is_far_is_clipped() -> None:
    scaling = fit_scaling(tasks())
    scaled = scaling.transform([MetaFeatures({"heavy": 1e300, "foreign": 1.0}), MetaFeatures({})])
    heavy = scaling.names.index("heavy")
    assert scaled.values[0, heavy] == CLIP
    assert scaled.known.tolist() == [[name == "heavy" for name in scaling.names], [False] * 3]
    assert (scaled.values[~scaled.known] == 0.0).all()


def test_coverage_is_the_share_of_tasks_with_a_value() -> None:
    scaling = fit_scaling(tasks())
    assert scaling.coverage[scaling.names.index("calm")] == 0.75


def test_json_gives_the_same_scaling_back() -> None:
    scaling = fit_scaling(tasks())
    again = Scaling.from_json(json.loads(json.dumps(scaling.to_json(), allow_nan=False)))
    assert again.version == scaling.version
    assert_allclose(again.transform(tasks()).values, scaling.transform(tasks()).values, rtol=0, atol=0)
    assert fit_scaling(tasks()[1:]).version != scaling.version


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": "other"}, "scaling.format"),
        ({"names": "calm"}, "scaling.names"),
        ({"centre": [1.0]}, "scaling.centre"),
        ({"spread": [1.0, 0.0, 1.0]}, "scaling.spread"),
        ({"centre": [1.0, float("nan"), 1.0]}, "scaling.centre"),
    ],
)
def test_damaged_json_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Scaling.from_json(fit_scaling(tasks()).to_json() | change)
    assert caught.value.field == field


def test_nothing_to_fit_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        fit_scaling([MetaFeatures({})])
