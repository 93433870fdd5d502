"""AutoGluon's shipped configurations of the boosters, as configurations of the catalogue's search spaces.

    python -m benchmarks.autogluon_portfolio WHEEL    # of autogluon.tabular; writes manifests/autogluon_portfolio.json

Source: ``hyperparameter_portfolio_zeroshot_2023`` of autogluon.tabular (Apache-2.0, copyright the AutoGluon authors),
"Portfolio learned from zeroshot-HPO using TabRepo" (Salinas and Erickson, "TabRepo: a large scale repository of tabular
model evaluations and its AutoML applications", 2024): the largest of its lists that has all three boosters. The file is
parsed, not run. Of each booster the configurations stand in the order of their priority.

AutoGluon stops early, here rounds are a parameter: they are what keeps rounds times rate as in the library's default,
as far as the range goes. What a configuration doesn't name has the library's default, AutoGluon's rate excepted.
"""

import argparse
import ast
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from benchmarks.transfer_opponents import Game
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Configuration, SearchSpace

MANIFEST: Final = Path(__file__).parent / "manifests" / "autogluon_portfolio.json"
MEMBER: Final = "autogluon/tabular/configs/zeroshot/zeroshot_portfolio_2023.py"
VARIABLE: Final = "hyperparameter_portfolio_zeroshot_2023"


class BoosterNames(NamedTuple):
    """How AutoGluon's words for a booster are ours.

    Attributes:
        key: AutoGluon's name of it.
        rounds: Our parameter for the number of rounds.
        rate: AutoGluon's learning rate where a configuration has none.
        renamed: From its parameters to ours; others have one name.
    """

    key: str
    rounds: str
    rate: float
    renamed: Mapping[str, str]


BOOSTERS: Final[Mapping[str, BoosterNames]] = MappingProxyType(
    {
        "lightgbm": BoosterNames("GBM", "n_estimators", 0.05, {}),
        "xgboost": BoosterNames("XGB", "n_estimators", 0.1, {"colsample_bytree": "colsample_bylevel"}),
        "catboost": BoosterNames("CAT", "iterations", 0.05, {}),
    }
)
"""XGBoost's columns are sampled for each level here instead of for each tree; both leave out the same share."""


def main() -> None:
    """Write the manifest from a wheel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="autogluon_tabular-VERSION-py3-none-any.whl")
    args = parser.parse_args()
    body = {
        "source": f"{args.wheel.name}, {VARIABLE}",
        "licence": "Apache-2.0, copyright the AutoGluon authors",
        "configurations": read_wheel(args.wheel),
    }
    MANIFEST.write_text(json.dumps(body, indent=1) + "\n")
    print(MANIFEST)


def read_wheel(wheel: Path) -> dict[str, list[dict[str, ParameterValue]]]:
    """AutoGluon's parameters of each booster, first of all what it fits first; options that begin with ``ag`` aside.

    Raises:
        InvalidInputError: If the wheel has no such list.
    """
    with zipfile.ZipFile(wheel) as members:
        tree = ast.parse(members.read(MEMBER))
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == VARIABLE for t in node.targets):
            whole: dict[str, list[dict[str, Any]]] = ast.literal_eval(node.value)
            return {name: _in_order(whole[booster.key]) for name, booster in BOOSTERS.items()}
    raise InvalidInputError(f"{wheel.name} has no {VARIABLE}", field="wheel", value=wheel.name)


def _in_order(listed: Sequence[dict[str, Any]]) -> list[dict[str, ParameterValue]]:
    ordered = sorted(listed, key=lambda one: -int(one.get("ag_args", {}).get("priority", 0)))
    return [{name: value for name, value in one.items() if not name.startswith("ag")} for one in ordered]


def portfolio(search_space: str, space: SearchSpace) -> list[dict[str, ParameterValue]]:
    """AutoGluon's configurations of a booster in our space, in its order; none of what isn't a booster."""
    if search_space not in BOOSTERS:
        return []
    listed = json.loads(MANIFEST.read_text())["configurations"][search_space]
    return [as_ours(BOOSTERS[search_space], one, space) for one in listed]


def rows_of(game: Game, listed: Sequence[Configuration]) -> list[int]:
    """What answers configurations in their order: of each the nearest row that the target has and none before took."""
    open_rows = game.material.recorded(game.target)
    cube = UnitCube(game.material.table.space)
    rows: list[int] = []
    for proposal in listed[: int(open_rows.sum())]:
        point = cube.features(*cube.encode([proposal]))
        far = np.where(open_rows, ((game.material.features - point) ** 2).sum(axis=1), np.inf)
        rows.append(int(far.argmin()))
        open_rows[rows[-1]] = False
    return rows


def as_ours(
    booster: BoosterNames, listed: Mapping[str, ParameterValue], space: SearchSpace
) -> dict[str, ParameterValue]:
    """One configuration: the library's default where nothing is said, values in the nearest bound, names as ours."""
    default = space.default_configuration()
    if default is None:
        raise InvalidInputError("the search space has no default", field="search_space")
    found = dict(default)
    named = {
        booster.renamed.get(name, name): value for name, value in {"learning_rate": booster.rate, **listed}.items()
    }
    for name, value in named.items():
        if name not in space.parameters:
            continue  # e.g. enable_categorical, which our pipelines always do
        if f"use_{name}" in space.parameters:
            found[f"use_{name}"] = float(value or 0.0) > 0.0
        if found.get(f"use_{name}", True):
            found[name] = _in_range(space, name, value)
    amount = float(default[booster.rounds] or 0) * float(default["learning_rate"] or 0)
    found[booster.rounds] = _in_range(space, booster.rounds, amount / float(found["learning_rate"] or 1))
    return dict(space.validate(found))


def _in_range(space: SearchSpace, name: str, value: ParameterValue) -> ParameterValue:
    distribution = space.parameters[name]
    if isinstance(distribution, CategoricalDistribution):
        return value
    if isinstance(distribution, IntDistribution):
        return min(max(round(float(value or 0)), distribution.low), distribution.high)
    if isinstance(distribution, FloatDistribution):
        return min(max(float(value or 0), distribution.low), distribution.high)
    raise InvalidInputError(f"{name!r} has an unknown distribution", field=name)


if __name__ == "__main__":
    main()
